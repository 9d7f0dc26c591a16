package admin

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/api"
	"github.com/scimhub/scimhub/webhooks"
)

const mergePatch = "application/merge-patch+json" // RFC 7396

// ListSubscriptions answers GET of the subscriptions.
func (h *handler) ListSubscriptions(c *gin.Context, params api.ListSubscriptionsParams) {
	limit, err := readLimit(params.Limit)
	if err != nil {
		fail(c, err)
		return
	}
	page, more, err := h.subscriptions(c).List(c.Request.Context(), value(params.After), limit)
	replyList(c, page, more, func(s webhooks.Subscription) string { return s.ID }, describe, err)
}

// CreateSubscription answers POST. The answer alone shows the secret.
func (h *handler) CreateSubscription(c *gin.Context) {
	body, err := readObject(c)
	if err != nil {
		fail(c, err)
		return
	}
	s, err := h.subscriptions(c).Create(c.Request.Context(), draft(body, webhooks.DefaultSettings()))
	if err != nil {
		fail(c, err)
		return
	}
	out := describe(s)
	out.Secret, out.PublicKey, err = show(s.Credentials.Secrets[0])
	c.Header("Location", c.Request.URL.Path+"/"+s.ID)
	reply(c, http.StatusCreated, out, err)
}

// GetSubscription answers GET of one.
func (h *handler) GetSubscription(c *gin.Context, id api.SubscriptionID) {
	s, err := h.subscriptions(c).Get(c.Request.Context(), id)
	reply(c, http.StatusOK, describe(s), err)
}

// ReplaceSubscription answers PUT.
func (h *handler) ReplaceSubscription(c *gin.Context, id api.SubscriptionID) {
	body, err := readObject(c)
	if err != nil {
		fail(c, err)
		return
	}
	s, err := h.subscriptions(c).Replace(c.Request.Context(), id, draft(body, webhooks.DefaultSettings()))
	reply(c, http.StatusOK, describe(s), err)
}

// PatchSubscription answers PATCH, a merge patch.
func (h *handler) PatchSubscription(c *gin.Context, id api.SubscriptionID) {
	body, err := readObject(c, mergePatch)
	if err != nil {
		fail(c, err)
		return
	}
	s, err := h.subscriptions(c).Patch(c.Request.Context(), id, func(now webhooks.Settings) webhooks.Draft {
		return draft(body, now)
	})
	reply(c, http.StatusOK, describe(s), err)
}

// DeleteSubscription answers DELETE.
func (h *handler) DeleteSubscription(c *gin.Context, id api.SubscriptionID) {
	if err := h.subscriptions(c).Delete(c.Request.Context(), id); err != nil {
		fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// GetSubscriptionSecret answers GET of the keys.
func (h *handler) GetSubscriptionSecret(c *gin.Context, id api.SubscriptionID) {
	secrets, err := h.subscriptions(c).Secret(c.Request.Context(), id)
	replySecrets(c, secrets, err)
}

// RotateSubscriptionSecret answers the wish for a new key.
func (h *handler) RotateSubscriptionSecret(c *gin.Context, id api.SubscriptionID) {
	secrets, err := h.subscriptions(c).RotateSecret(c.Request.Context(), id)
	replySecrets(c, secrets, err)
}

// replySecrets answers with the keys that are live, the newest first.
func replySecrets(c *gin.Context, secrets []webhooks.Secret, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	out := api.SubscriptionSecret{Signature: api.SignatureV1}
	if out.Secret, out.PublicKey, err = show(secrets[0]); out.PublicKey != nil {
		out.Signature = api.SignatureV1A
	}
	if err == nil && len(secrets) > 1 {
		out.Previous = &api.PreviousSecret{ExpiresAt: secrets[1].ExpiresAt.UTC()}
		out.Previous.Secret, out.Previous.PublicKey, err = show(secrets[1])
	}
	c.Header("Cache-Control", "no-store")
	reply(c, http.StatusOK, out, err)
}

// show gives what receivers verify with: the secret of v1 or the public key of
// v1a.
func show(s webhooks.Secret) (secret, publicKey *string, err error) {
	key, err := s.Shown()
	switch {
	case err != nil:
		return nil, nil, err
	case strings.HasPrefix(key, "whpk_"):
		return nil, &key, nil
	default:
		return &key, nil, nil
	}
}

// describe gives a subscription as answers have it.
func describe(s webhooks.Subscription) api.Subscription {
	set := s.Settings()
	events := make([]api.EventSelector, len(set.Events))
	for i, sel := range set.Events {
		events[i] = api.EventSelector{Name: sel.Name, Version: sel.Version}
	}
	return api.Subscription{
		ID: s.ID, Name: set.Name, URL: set.URL, Active: set.Active, Status: api.SubscriptionStatus(s.Status()),
		Events: events, AuthorizationHeader: known(set.AuthorizationHeader),
		Format: api.Format(set.Format), Ordering: api.Ordering(set.Ordering),
		OnExhausted: api.OnExhausted(set.OnExhausted), Signature: api.Signature(set.Signature), RateLimit: known(set.RateLimit),
		DeactivatedAt: instant(s.DeactivatedAt), DeactivatedReason: known(s.DeactivatedReason),
		CreatedAt: s.CreatedAt.UTC(), UpdatedAt: s.UpdatedAt.UTC(),
	}
}
