package storagetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// testLock lets several transactions at once change one group: none may be lost.
func testLock(t *testing.T, w *world) {
	g, u := w.createGroup(t, "g"), w.create(t, w.user(), `{"userName":"u","externalId":"0"}`)
	const changes = 8
	var wg sync.WaitGroup
	for range changes {
		wg.Go(func() {
			for _, r := range []*scimresource.Resource{g, u} {
				if err := w.countUp(t.Context(), r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, r := range []*scimresource.Resource{g, u} {
		if got := w.get(t, r, scimresource.Include{}); got.Version != r.Version+changes {
			t.Errorf("%s: version %d after %d changes of version %d", r.Type.Name, got.Version, changes, r.Version)
		}
	}
	if got := w.get(t, u, scimresource.Include{}).ExternalID; got != "0........" {
		t.Errorf("external id %q after %d changes", got, changes)
	}
}

// countUp makes a resource its next version. A user's external id is made
// longer each time, which fails if an old one was read.
func (w *world) countUp(ctx context.Context, r *scimresource.Resource) error {
	return w.store.Update(ctx, func(tx scimresource.Tx) error {
		before, err := tx.Lock(ctx, r.Type, r.ID)
		if err != nil {
			return err
		}
		if _, err := before.Decoded(); err != nil {
			return err
		}
		after := next(before)
		if before.ExternalID != "" {
			after.ExternalID += "."
		}
		return tx.Apply(ctx, scimresource.Change{Before: before, After: after, Events: []event.Event{w.event(after)}})
	})
}

// testFind tries to offboard a user whom another transaction has found. It must
// wait for that one, so it runs into the end of its time.
func testFind(t *testing.T, w *world) {
	u, g := w.createUser(t, "u"), w.createGroup(t, "g")
	must(t, w.store.Update(t.Context(), func(tx scimresource.Tx) error {
		before, err := tx.Lock(t.Context(), w.group(), g.ID)
		must(t, err)
		found, err := tx.Find(t.Context(), []string{u.ID})
		must(t, err)
		if err := w.tryOffboard(t, u); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the user could leave: %v", err)
		}
		return tx.Apply(t.Context(), scimresource.Change{Before: before, After: next(before), AddMembers: found})
	}))
	must(t, w.tryOffboard(t, u))
	if got := w.get(t, g, scimresource.Include{Members: true}).Members; len(got) > 0 {
		t.Errorf("members %v", got)
	}
}

func (w *world) tryOffboard(t *testing.T, u *scimresource.Resource) error {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	return w.store.Update(ctx, func(tx scimresource.Tx) error {
		if _, err := tx.Lock(ctx, u.Type, u.ID); err != nil {
			return err
		}
		return tx.Apply(ctx, w.offboarding(u))
	})
}

// testDeadlock lets two transactions lock two resources crosswise. The database
// ends one of them, which must then run again.
func testDeadlock(t *testing.T, w *world) {
	if w.OneWriter {
		return // no two transactions are open at once
	}
	a, b := w.createGroup(t, "a"), w.createGroup(t, "b")
	var first, rest sync.WaitGroup
	first.Add(2)
	runs := make(chan struct{}, 100)
	for _, pair := range [][2]string{{a.ID, b.ID}, {b.ID, a.ID}} {
		var once sync.Once
		rest.Go(func() {
			err := w.store.Update(t.Context(), func(tx scimresource.Tx) error {
				runs <- struct{}{}
				if _, err := tx.Lock(t.Context(), w.group(), pair[0]); err != nil {
					return err
				}
				once.Do(first.Done)
				first.Wait()
				_, err := tx.Lock(t.Context(), w.group(), pair[1])
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	rest.Wait()
	if len(runs) < 3 {
		t.Errorf("%d runs: there was no deadlock", len(runs))
	}
}

func testContext(t *testing.T, w *world) {
	u := w.createUser(t, "u")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.store.Get(ctx, w.user(), u.ID, scimresource.Include{})
	_, listErr := w.store.List(ctx, scimresource.Query{Type: w.user(), Limit: 1})
	updateErr := w.store.Update(ctx, func(scimresource.Tx) error { return nil })
	for _, err := range []error{err, listErr, updateErr} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	ctx, cancel = context.WithCancel(t.Context())
	after := w.rewrite(t, u, `{"userName":"changed"}`)
	err = w.store.Update(ctx, func(tx scimresource.Tx) error {
		must(t, tx.Apply(ctx, scimresource.Change{Before: u, After: after}))
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("ended before the commit: %v", err)
	}
	if got := w.get(t, u, scimresource.Include{}); got.Version != u.Version {
		t.Errorf("version %d was written though the context had ended", got.Version)
	}
	for _, id := range []string{"", "x", u.ID + "x", "' OR TRUE --", "00000000-0000-0000-0000-000000000000", "\x00"} {
		_, err := w.store.Get(t.Context(), w.user(), id, scimresource.Include{})
		mustFault(t, err, fault.NotFound)
	}
}
