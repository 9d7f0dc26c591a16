// Package auth tells who the bearer of a token is: it looks tokens up in a
// store, remembers the answers for a few seconds, and notes when a token was
// last used. It knows nothing of HTTP, nor of how tokens are stored.
package auth
