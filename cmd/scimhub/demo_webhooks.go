package main

import (
	"fmt"
	"time"
)

// playSubscribe does what an application does that wants to hear of changes: it
// subscribes, and keeps the secret that deliveries are signed with.
func playSubscribe(p *player) {
	p.print.chapter("An application subscribes to events")
	p.print.line("It listens on %s and checks what it is sent as docs/receiving.md says.", p.receiver.url)
	created := p.play(exchange{
		why: "All events of users and groups, please", method: "POST", path: "/v2/webhooks/subscriptions",
		body:  `{"name":"demo","url":"` + p.receiver.url + `","events":[{"name":"user.*"},{"name":"group.*"}]}`,
		needs: []need{status(201), present("id"), present("secret"), value("status", "active")},
	})
	secret, _ := created.at("secret").(string)
	p.receiver.expect(secret)
	p.subscription = created.id()
}

// playFailure has the application fail, and looks how the hub copes.
func playFailure(p *player) {
	p.print.chapter("The application fails, and the hub tries again")
	p.print.line("In this demo it does so within a second; by default after 5 seconds, 5 minutes and so on, for a day.")
	zoe := p.play(exchange{
		why: "A new user", method: "POST", path: "/Users",
		body:  `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"zoe.moss@example.com"}`,
		needs: []need{status(201)},
		tells: []string{"user.created"},
	}).id()
	p.receiver.fail(2)
	p.play(exchange{
		why: "Her title changes, while the application answers 503, twice", method: "PATCH", path: "/Users/" + zoe,
		body:  `{` + patchOp + `,"Operations":[{"op":"replace","path":"title","value":"Pilot"}]}`,
		needs: []need{status(200), value("title", "Pilot")},
		tells: []string{"user.updated"},
	})
	asked := exchange{
		why: "What became of the delivery: the hub knows each attempt", method: "GET",
		path:  "/v2/webhooks/subscriptions/" + p.subscription + "/deliveries?limit=1",
		needs: []need{status(200), value("data.0.status", "delivered"), value("data.0.attempt_count", 3)},
	}
	p.await(asked) // the attempt is recorded a little after the application's answer
	p.play(asked)
	p.play(exchange{
		why: "Zoe is removed: her offboarding begins, her access ends, she leaves the directory", method: "DELETE", path: "/Users/" + zoe,
		needs: []need{status(204)},
		tells: []string{"user.offboarding_started", "user.deactivated", "user.offboarded"},
	})
}

// await sends a request until its answer is as it should be.
func (p *player) await(x exchange) {
	for deadline := time.Now().Add(p.receiver.patience); p.ctx.Err() == nil && time.Now().Before(deadline); pauseFor(p.ctx, 10*time.Millisecond) {
		if a, err := p.send(x); err == nil && len(a.unmet(x.needs)) == 0 {
			return
		}
	}
}

// playFeed reads what was delivered as an application does that would rather ask.
func playFeed(p *player) {
	p.print.chapter("The same events as a feed, for who would rather ask")
	const path = "/v2/events?types=user.*&limit=1"
	first := p.play(exchange{
		why: "The oldest event, and the cursor behind it", method: "GET", path: path,
		needs: []need{status(200), present("data.0.id"), absent("data.1"), present("next_cursor")},
	})
	p.play(exchange{
		why: "The next one: who keeps the cursor misses none and sees none twice", method: "GET",
		path:  path + fmt.Sprintf("&after=%v", first.at("next_cursor")),
		needs: []need{status(200), present("data.0.id"), absent("data.1"), present("next_cursor")},
	})
}
