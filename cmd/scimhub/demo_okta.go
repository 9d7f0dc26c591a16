package main

import (
	"fmt"
	"strings"
)

const patchOp = `"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]`

// playOktaCatalog does what an integration from Okta's catalog does: it
// deactivates with a PATCH without a path and pushes groups by PATCH.
func playOktaCatalog(p *player) {
	p.print.chapter("Okta, an integration from the catalog (PATCH)")
	p.play(exchange{
		why: "Okta tests the connection", method: "GET", path: "/Users?startIndex=1&count=2",
		needs: []need{status(200), scimJSON, listOf(0)},
	})
	anna := p.oktaCreate("anna.berg@example.com", "Anna", "Berg")
	p.play(exchange{
		why: "Anna exists already: Okta shows this answer to its administrator", method: "POST", path: "/Users",
		body:  oktaUser("anna.berg@example.com", "Anna", "Berg"),
		needs: []need{scimError(409), value("scimType", "uniqueness")},
	})
	p.play(exchange{
		why: "Okta updates her profile with what it read before, changed", method: "PUT", path: "/Users/" + anna,
		body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"` + anna + `","userName":"anna.berg@example.com",
			"name":{"givenName":"Anna","middleName":"Maria","familyName":"Berg"},"emails":[{"primary":true,"value":"anna.berg@example.com","type":"work"}],
			"active":true,"groups":[],"meta":{"resourceType":"User"}}`,
		needs: []need{status(200), scimJSON, value("name.middleName", "Maria"), value("id", anna)},
		tells: []string{"user.updated"},
	})
	p.oktaGroupPush(anna)
	p.oktaLeave(anna)
}

// oktaCreate looks a user up and creates it.
func (p *player) oktaCreate(userName, given, family string) string {
	p.play(exchange{
		why: "Okta looks for " + given, method: "GET",
		path:  filterQuery("/Users", `userName eq "`+userName+`"`, "&startIndex=1&count=100"),
		needs: []need{status(200), scimJSON, listOf(0)},
	})
	created := p.play(exchange{
		why: "Okta creates " + given + ", with a placeholder password", method: "POST", path: "/Users",
		body: oktaUser(userName, given, family),
		needs: []need{
			status(201), scimJSON, located, present("id"), value("userName", userName), value("active", true),
			value("name.familyName", family), absent("password"),
		},
		tells: []string{"user.created"},
	})
	return created.id()
}

func oktaUser(userName, given, family string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,
		"name":{"givenName":%q,"familyName":%q},"emails":[{"primary":true,"value":%q,"type":"work"}],
		"displayName":%q,"locale":"en-US","externalId":%q,"groups":[],"password":"1mz050nq","active":true}`,
		userName, given, family, userName, given+" "+family, "00u"+strings.ToLower(given))
}

// oktaGroupPush creates a group, changes its members as Okta does, and removes
// it.
func (p *player) oktaGroupPush(member string) {
	p.play(exchange{
		why: "Okta looks for the group it shall push", method: "GET",
		path:  filterQuery("/Groups", `displayName eq "Engineering"`, "&startIndex=1&count=100"),
		needs: []need{status(200), scimJSON, listOf(0)},
	})
	group := p.play(exchange{
		why: "Okta creates the group", method: "POST", path: "/Groups",
		body:  `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Engineering","members":[]}`,
		needs: []need{status(201), scimJSON, located, present("id")},
		tells: []string{"group.created"},
	}).id()
	p.play(exchange{
		why: "Okta adds a member; somebody unknown is listed too", method: "PATCH", path: "/Groups/" + group,
		body: `{` + patchOp + `,"Operations":[{"op":"remove","path":"members[value eq \"89bb\"]"},
			{"op":"add","path":"members","value":[{"value":"` + member + `","display":"anna.berg@example.com"},{"value":"nobody","display":"?"}]}]}`,
		needs: []need{status(200, 204)},
		tells: []string{"group.membership_updated"},
	})
	p.play(exchange{
		why: "Okta renames the group: a PATCH without path, with the read-only id in it", method: "PATCH", path: "/Groups/" + group,
		body:  `{` + patchOp + `,"Operations":[{"op":"replace","value":{"id":"` + group + `","displayName":"Product Engineering"}}]}`,
		needs: []need{status(200, 204)},
		tells: []string{"group.updated"},
	})
	p.play(exchange{
		why: "Okta reads the group back: renamed, and the member still in it", method: "GET", path: "/Groups/" + group,
		needs: []need{status(200), value("displayName", "Product Engineering"), value("members.0.value", member)},
	})
	p.play(exchange{
		why: "Okta empties the group", method: "PATCH", path: "/Groups/" + group,
		body:  `{` + patchOp + `,"Operations":[{"op":"replace","path":"members","value":[]}]}`,
		needs: []need{status(200, 204)},
		tells: []string{"group.membership_updated"},
	})
	p.play(exchange{
		why: "The group is no longer pushed", method: "DELETE", path: "/Groups/" + group,
		needs: []need{status(204)},
		tells: []string{"group.deleted"},
	})
}

// oktaLeave deactivates a user, finds the inactive one again, and reactivates
// it with a new password.
func (p *player) oktaLeave(id string) {
	p.play(exchange{
		why: "Anna leaves: Okta deactivates, it never deletes", method: "PATCH", path: "/Users/" + id,
		body:  `{` + patchOp + `,"Operations":[{"op":"replace","value":{"active":false}}]}`,
		needs: []need{status(200, 204)},
		tells: []string{"user.deactivated"},
	})
	p.play(exchange{
		why: "She must still be found, inactive, or a return would end in a conflict", method: "GET",
		path:  filterQuery("/Users", `userName eq "ANNA.BERG@example.com"`, "&startIndex=1&count=100"),
		needs: []need{status(200), listOf(1), value("Resources.0.active", false), value("Resources.0.id", id)},
	})
	p.play(exchange{
		why: "She returns", method: "PATCH", path: "/Users/" + id,
		body:  `{` + patchOp + `,"Operations":[{"op":"replace","value":{"active":true}},{"op":"replace","value":{"password":"n3w-one"}}]}`,
		needs: []need{status(200, 204)},
		tells: []string{"user.reactivated"},
	})
	p.play(exchange{
		why: "Okta imports all users, a hundred at a time", method: "GET", path: "/Users?startIndex=1&count=100",
		needs: []need{status(200), scimJSON, listOf(1), value("Resources.0.active", true), absent("Resources.0.password")},
	})
	p.play(exchange{
		why: "An id that never was", method: "GET", path: "/Users/00919288221112222",
		needs: []need{scimError(404)},
	})
	p.play(exchange{
		why: "A wrong token", method: "GET", path: "/Users?startIndex=1&count=2",
		header: map[string]string{"Authorization": "non-token"},
		needs:  []need{scimError(401)},
	})
}

// playOktaWizard does what a custom app made with Okta's wizard does: it sends
// whole resources with PUT.
func playOktaWizard(p *player) {
	p.print.chapter("Okta, a custom app of the wizard (PUT)")
	ben := p.oktaCreate("ben.ito@example.com", "Ben", "Ito")
	group := p.play(exchange{
		why: "Okta creates a group with Ben in it", method: "POST", path: "/Groups",
		body:  `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Support","members":[{"value":"` + ben + `","display":"ben.ito@example.com"}]}`,
		needs: []need{status(201), scimJSON, located, value("members.0.value", ben)},
		tells: []string{"group.created", "group.membership_updated"},
	}).id()
	p.play(exchange{
		why: "Okta sends the group again, under the same name", method: "PUT", path: "/Groups/" + group,
		body:  `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Support","members":[{"value":"` + ben + `","display":"ben.ito@example.com"}]}`,
		needs: []need{status(200), value("members.0.value", ben)},
	})
	p.play(exchange{
		why: "Ben leaves: a PUT of the whole user, inactive", method: "PUT", path: "/Users/" + ben,
		body:  strings.Replace(oktaUser("ben.ito@example.com", "Ben", "Ito"), `"active":true`, `"active":false`, 1),
		needs: []need{status(200), value("active", false)},
		tells: []string{"user.deactivated"},
	})
	p.play(exchange{
		why: "A profile update without active must not bring him back", method: "PUT", path: "/Users/" + ben,
		body:  strings.Replace(oktaUser("ben.ito@example.com", "Ben", "Ito"), `,"active":true`, ``, 1),
		needs: []need{status(200), value("active", false)},
	})
	p.play(exchange{
		why: "Okta empties the group", method: "PUT", path: "/Groups/" + group,
		body:  `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Support","members":[]}`,
		needs: []need{status(200), absent("members.0")},
		tells: []string{"group.membership_updated"},
	})
}
