package webhooks

import (
	"net"
	"time"
)

// WithResolver gives the configuration with another resolver of names.
func (c ClientConfig) WithResolver(r *net.Resolver) ClientConfig {
	c.resolver = r
	return c
}

// SetNow sets the clock.
func (k *Keys) SetNow(now func() time.Time) { k.now = now }
