package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/webhooks"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// upstreamTimeout bounds one request to an upstream.
const upstreamTimeout = 30 * time.Second

// inboundParts are what takes in and applies what sources post.
type inboundParts struct {
	receiver *inbound.Receiver
	worker   *inbound.Worker
}

func (a *app) newInbound(reg *prometheus.Registry, hub scimresource.Config) (inboundParts, error) {
	inbox := a.store.Inbox()
	metrics, err := inbound.NewMetrics(reg, inbox, time.Now)
	if err != nil {
		return inboundParts{}, err
	}
	vendors := inbound.NewVendors(inbound.VendorConfig{
		Client: webhooks.NewClient(webhooks.ClientConfig{
			AllowPrivateNetworks: a.cfg.WebhooksAllowPrivateNetworks, Timeout: upstreamTimeout,
		}),
		Now: time.Now,
	})
	worker := inbound.NewWorker(inbound.WorkerConfig{
		Inbox: inbox, Vendors: vendors,
		Applier:   inbound.NewApplier(inbound.ApplierConfig{Inbox: inbox, Hub: hub, Logger: a.cfg.Logger}),
		Now:       time.Now,
		Logger:    a.cfg.Logger,
		Metrics:   metrics,
		Owner:     access.NewID("hub"),
		Listen:    a.store.ListenInbox,
		Retention: a.cfg.EventsRetention,
	})
	receiver := &inbound.Receiver{Inbox: inbox, Vendors: vendors, Now: time.Now, Metrics: metrics, Kept: worker.Received}
	return inboundParts{receiver, worker}, nil
}
