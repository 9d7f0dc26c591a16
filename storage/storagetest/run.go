package storagetest

import (
	"testing"

	"github.com/scimhub/scimhub/storage"
)

// Engine is an engine to be tested.
type Engine struct {
	// DSN names a new, empty database.
	DSN func(t testing.TB) string

	// OneWriter is an exception: transactions that write run one after another,
	// as they do on SQLite, so that they can't deadlock.
	OneWriter bool
}

// promise is what every engine owes.
type promise struct {
	name string
	test func(t *testing.T, w *world)
}

// Run checks every promise on an engine. All but those about a new database
// share one, each in an organization of its own: what others do there must not
// matter.
func Run(t *testing.T, e Engine) {
	dsn := e.DSN(t)
	store := Open(t, storage.Config{DSN: dsn, Registry: extendedRegistry(t)})
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.test(t, newWorld(t, e, store, dsn))
		})
	}
	t.Run("a new database", func(t *testing.T) {
		t.Parallel()
		testNewDatabase(t, e)
	})
	t.Run("retention removes what is old", func(t *testing.T) {
		t.Parallel()
		dsn := e.DSN(t)
		testRetention(t, newWorld(t, e, Open(t, storage.Config{DSN: dsn}), dsn))
	})
}

func promises() []promise {
	return []promise{
		{"a change and its events are one", testAtomic},
		{"events keep the order of the changes of a resource", testEventOrder},
		{"what was written is read", testRoundTrip},
		{"userName is unique, folded", testUniqueUserName},
		{"an offboarded user is in nobody's way", testOffboarded},
		{"only the version that was read is written", testVersion},
		{"values too long to be looked up are refused", testLongValues},
		{"organizations don't see each other", testFence},
		{"external ids belong to a directory", testExternalID},
		{"members come and go", testMembers},
		{"a removed group leaves nothing", testRemovedGroup},
		{"groups nest, in circles too", testNesting},
		{"a lock keeps others out", testLock},
		{"what was found can't leave", testFind},
		{"deadlocks are run again", testDeadlock},
		{"the end of a context ends the work", testContext},
		{"pages cover everything once", testPages},
		{"filters agree with the oracle", testFilterOracle},
		{"sorting agrees with the oracle", testSortOracle},
		{"organizations and directories have names", testNames},
		{"tokens are found by their hash", testTokens},
		{"the feed shows every event once, in order", testFeed},
		{"events are queued for those who want them", testFanOut},
		{"a delivery that is put off keeps its lane waiting", testLanes},
		{"a consumer is served by one hub", testLease},
		{"deliveries are known by what became of them", testDeliveries},
		{"deliveries can be had again", testReplay},
		{"an event can be for one subscription alone", testTell},
		{"subscriptions are stored, changed and removed", testSubscriptions},
		{"a subscription ends with its event", testDeactivation},
		{"secrets are sealed", testSealed},
		{"the hub's key is made once", testSigningKeys},
		{"sources are stored, changed and removed", testSources},
		{"messages are kept once and given out in order", testInbox},
		{"a source with messages becomes ready", testRouse},
		{"a message belongs to whose directory it is about", testForeignDirectory},
		{"memberships settle when both sides have come", testMemberships},
		{"what is known of an upstream object is kept", testUpstreamState},
	}
}
