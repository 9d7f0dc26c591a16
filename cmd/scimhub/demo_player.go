package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// player plays the exchanges of one identity provider against a hub over HTTP,
// prints each with its answer, with what changed in the directory and with what
// an application was told of it, and counts what the identity provider or the
// application could not work with.
type player struct {
	ctx     context.Context
	client  *http.Client
	baseURL string // of the SCIM API
	token   string
	print   *printer
	seen    snapshot // the directory as it was after the last exchange
	failed  int

	receiver     *demoReceiver // nil: nobody is told of changes
	subscription string        // the id of the receiver's
	missed       int
}

// exchange is one request of a client and what the client needs of its answer.
type exchange struct {
	why    string // what the client does, in a few words
	method string
	path   string // below the SCIM base URL, as the client writes it, or that of the admin API, /v2/…
	body   string
	header map[string]string // beside those that every request has
	needs  []need
	tells  []string // the types of the events that it makes, in their order
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   any // nil where the body is no JSON
}

// need checks one thing a client needs of an answer; nil is a pass.
type need func(answer) error

// play sends one request and gives the JSON object of the answer.
func (p *player) play(x exchange) answer {
	p.print.request(x)
	a, err := p.send(x)
	if err != nil {
		p.fail(err)
		return answer{}
	}
	p.print.answer(a)
	for _, err := range a.unmet(x.needs) {
		p.fail(err)
	}
	p.showChanges()
	p.showDeliveries(x)
	return a
}

// unmet gives what the client can't work with.
func (a answer) unmet(needs []need) []error {
	var faults []error
	for _, need := range needs {
		if err := need(a); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

func (p *player) fail(err error) {
	p.failed++
	p.print.failure(err)
}

func (p *player) send(x exchange) (answer, error) {
	base, mediaType := p.baseURL, "application/scim+json"
	if strings.HasPrefix(x.path, "/v2/") {
		base, mediaType = strings.TrimSuffix(p.baseURL, scimPath), "application/json"
	}
	req, err := http.NewRequestWithContext(p.ctx, x.method, base+x.path, strings.NewReader(x.body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Accept", mediaType)
	if x.body != "" {
		req.Header.Set("Content-Type", mediaType+"; charset=utf-8")
	}
	for name, value := range x.header {
		req.Header.Set(name, value)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	return newAnswer(resp, body), nil
}

func newAnswer(resp *http.Response, body []byte) answer {
	a := answer{status: resp.StatusCode, header: resp.Header, body: body}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&a.json) != nil {
		a.json = nil
	}
	return a
}

// at gives the value at a path such as "Resources.0.userName" of the answer's
// body, or nil.
func (a answer) at(path string) any {
	v := a.json
	for name := range strings.SplitSeq(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			v = node[name]
		case []any:
			i := 0
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(node) {
				return nil
			}
			v = node[i]
		default:
			return nil
		}
	}
	return v
}

// id gives the id of the resource in the answer.
func (a answer) id() string {
	id, _ := a.at("id").(string)
	return id
}

// filterQuery gives a list request with a filter, encoded as the clients do.
func filterQuery(endpoint, filter, rest string) string {
	return endpoint + "?filter=" + url.QueryEscape(filter) + rest
}

// The needs below are those that the clients' own documents and tests name.

// status needs one of the given statuses.
func status(want ...int) need {
	return func(a answer) error {
		if slices.Contains(want, a.status) {
			return nil
		}
		return fmt.Errorf("status is %d, the client needs %v", a.status, want)
	}
}

// value needs a value at a path, compared by its JSON text.
func value(path string, want any) need {
	return func(a answer) error {
		wantText, err := json.Marshal(want)
		if err != nil {
			return err
		}
		gotText, err := json.Marshal(a.at(path))
		if err != nil {
			return err
		}
		if !bytes.Equal(wantText, gotText) {
			return fmt.Errorf("%s is %s, the client needs %s", path, gotText, wantText)
		}
		return nil
	}
}

// present needs some value at a path, absent none.
func present(path string) need {
	return func(a answer) error {
		if v := a.at(path); v == nil || v == "" {
			return fmt.Errorf("%s is missing, the client needs it", path)
		}
		return nil
	}
}

func absent(path string) need {
	return func(a answer) error {
		if a.at(path) != nil {
			return fmt.Errorf("%s is shown and must not be", path)
		}
		return nil
	}
}

// scimJSON needs the exact media type.
func scimJSON(a answer) error {
	if got := a.header.Get("Content-Type"); got != "application/scim+json" {
		return fmt.Errorf("Content-Type is %q, the client needs application/scim+json", got)
	}
	return nil
}

// listOf needs a ListResponse with n resources whose numbers are JSON integers.
func listOf(n int) need {
	return func(a answer) error {
		for _, name := range []string{"totalResults", "itemsPerPage", "startIndex"} {
			if _, ok := a.at(name).(json.Number); !ok {
				return fmt.Errorf("%s is no JSON number", name)
			}
		}
		resources, ok := a.at("Resources").([]any)
		if !ok {
			return fmt.Errorf("the answer has no array Resources")
		}
		if len(resources) != n {
			return fmt.Errorf("the answer has %d resources, the client needs %d", len(resources), n)
		}
		return nil
	}
}

// located needs a Location header equal to meta.location.
func located(a answer) error {
	if got, want := a.header.Get("Location"), a.at("meta.location"); got == "" || got != want {
		return fmt.Errorf("the Location header is %q, meta.location %v: they must be equal", got, want)
	}
	return nil
}

// scimError needs a SCIM Error body of a status with a detail to show.
func scimError(code int) need {
	return func(a answer) error {
		for _, check := range []need{
			status(code), scimJSON, present("detail"), value("status", fmt.Sprint(code)),
			value("schemas.0", "urn:ietf:params:scim:api:messages:2.0:Error"),
		} {
			if err := check(a); err != nil {
				return err
			}
		}
		return nil
	}
}
