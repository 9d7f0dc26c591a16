package inbound

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
)

// authenticated gives a client that shows who asks, to the server of the base
// URL alone.
func authenticated(client *http.Client, base *url.URL, login Login) *http.Client {
	out := *client
	next := out.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	home := origin{base.Scheme, base.Host, next}
	switch {
	case login.Authorization != "":
		out.Transport = verbatim{home, login.Authorization}
	case login.ClientID != "":
		out.Transport = newExchanged(home, client, login)
	default:
		out.Transport = home
	}
	return &out
}

// origin lets requests through to one server only: where an upstream names the
// address of the next page, it can't lead the hub, or its credentials, elsewhere.
type origin struct {
	scheme, host string
	next         http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (o origin) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != o.scheme || r.URL.Host != o.host {
		return nil, fault.New(fault.InvalidValue, "the upstream names an address of another server, %s", r.URL.Host)
	}
	return o.next.RoundTrip(r)
}

// verbatim sends a header as it was configured.
type verbatim struct {
	origin
	authorization string
}

// RoundTrip implements http.RoundTripper.
func (v verbatim) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", v.authorization)
	return v.origin.RoundTrip(r)
}

// exchanged sends an access token that client credentials were exchanged for
// (RFC 6749 §4.4). A token that is refused before its time, as when it was
// revoked, is replaced once.
type exchanged struct {
	origin
	config clientcredentials.Config
	client *http.Client // for the exchange

	slot  chan struct{} // holds the right to touch token
	token *oauth2.Token
}

func newExchanged(home origin, client *http.Client, login Login) *exchanged {
	return &exchanged{
		origin: home, client: client, slot: make(chan struct{}, 1),
		config: clientcredentials.Config{ClientID: login.ClientID, ClientSecret: login.ClientSecret, TokenURL: login.TokenURL},
	}
}

// RoundTrip implements http.RoundTripper. Requests have no body: they may be
// sent again.
func (e *exchanged) RoundTrip(r *http.Request) (*http.Response, error) {
	var refused *oauth2.Token
	for {
		token, err := e.current(r.Context(), refused)
		if err != nil {
			return nil, err
		}
		authorized := r.Clone(r.Context())
		token.SetAuthHeader(authorized)
		response, err := e.origin.RoundTrip(authorized)
		if err != nil || response.StatusCode != http.StatusUnauthorized || refused != nil {
			return response, err
		}
		response.Body.Close()
		refused = token
	}
}

// current gives a token that is another than the one refused.
func (e *exchanged) current(ctx context.Context, refused *oauth2.Token) (*oauth2.Token, error) {
	select {
	case e.slot <- struct{}{}:
		defer func() { <-e.slot }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if e.token.Valid() && e.token != refused {
		return e.token, nil
	}
	token, err := e.config.Token(context.WithValue(ctx, oauth2.HTTPClient, e.client))
	if err != nil {
		return nil, exchangeFault(err)
	}
	e.token = token
	return token, nil
}

// exchangeFault is the fault of an exchange that failed. Its cause is left out
// of what is logged where it may quote an answer.
func exchangeFault(err error) error {
	refusal, answered := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case webhooks.Refused(err):
		return fault.Wrap(err, fault.InvalidValue, "the upstream's token_url is not on the public internet")
	case !answered:
		return fault.Wrap(err, fault.Unavailable, "the upstream's token_url can't be reached, or gives no token")
	case refusal.Response.StatusCode == http.StatusTooManyRequests || refusal.Response.StatusCode >= 500:
		return fault.New(fault.Unavailable, "the upstream's token_url answers %d", refusal.Response.StatusCode)
	}
	return fault.New(fault.Forbidden, "the upstream refuses the credentials: its token_url answers %d", refusal.Response.StatusCode)
}
