// A web application that signs people in with go-oidc and golang.org/x/oauth2, written after the examples that come with go-oidc. Added are PKCE, which
// golang.org/x/oauth2 had no function for yet, and cookies in place of constants.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"sync"
	"time"

	oidc "github.com/coreos/go-oidc"
	"golang.org/x/oauth2"
)

var (
	issuer  = os.Getenv("ISSUER")
	origin  = os.Getenv("ORIGIN")
	address = os.Getenv("ADDRESS")

	mutex  sync.Mutex
	tokens = map[string]*oauth2.Token{}
)

func main() {
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		log.Fatal(err)
	}
	settings := &oidc.Config{ClientID: os.Getenv("CLIENT_ID")}
	// Untold, the library takes RS256 alone.
	if algorithm := os.Getenv("ALGORITHM"); algorithm != "" {
		settings.SupportedSigningAlgs = []string{algorithm}
	}
	verifier := provider.Verifier(settings)
	config := oauth2.Config{
		ClientID:     settings.ClientID,
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		Endpoint:     provider.Endpoint(),
		RedirectURL:  origin + "/callback",
		Scopes:       []string{oidc.ScopeOpenID, "profile", "email", "invoices.read"},
	}

	http.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		state, nonce, secret := keep(w, "state"), keep(w, "nonce"), keep(w, "verifier")
		sum := sha256.Sum256([]byte(secret))
		http.Redirect(w, r, config.AuthCodeURL(state, oidc.Nonce(nonce),
			oauth2.SetAuthURLParam("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:])),
			oauth2.SetAuthURLParam("code_challenge_method", "S256")), http.StatusFound)
	})

	http.HandleFunc("/callback", answer(func(w http.ResponseWriter, r *http.Request) (interface{}, error) {
		query := r.URL.Query()
		if state := kept(r, "state"); state == "" || query.Get("state") != state {
			return nil, errors.New("state did not match")
		}
		if name := query.Get("error"); name != "" {
			return nil, errors.New(name + ": " + query.Get("error_description"))
		}
		token, err := config.Exchange(ctx, query.Get("code"), oauth2.SetAuthURLParam("code_verifier", kept(r, "verifier")))
		if err != nil {
			return nil, err
		}
		claims, err := claimsOf(ctx, verifier, token, kept(r, "nonce"))
		if err != nil {
			return nil, err
		}
		info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return nil, err
		}
		mutex.Lock()
		defer mutex.Unlock()
		tokens[keep(w, "session")] = token
		return map[string]interface{}{"claims": claims, "userInfo": info}, nil
	}))

	// Calls the API. With `late`, as if the JWT had expired: the library's client then refreshes by itself.
	http.HandleFunc("/call", answer(func(w http.ResponseWriter, r *http.Request) (interface{}, error) {
		mutex.Lock()
		defer mutex.Unlock()
		session := kept(r, "session")
		before, ok := tokens[session]
		if !ok {
			return nil, errors.New("nobody is signed in")
		}
		held := *before
		if r.URL.Query().Has("late") {
			held.Expiry = time.Now()
		}
		source := config.TokenSource(ctx, &held)
		response, err := oauth2.NewClient(ctx, source).Get(issuer + "/verify/api/invoices")
		if err != nil {
			return nil, err
		}
		response.Body.Close()
		after, err := source.Token()
		if err != nil {
			return nil, err
		}
		said := map[string]interface{}{"status": response.StatusCode}
		if after.AccessToken != before.AccessToken {
			tokens[session] = after
			// The ID token of a refresh has no nonce.
			if said["refreshed"], err = claimsOf(ctx, verifier, after, ""); err != nil {
				return nil, err
			}
		}
		return said, nil
	}))

	log.Fatal(http.ListenAndServe(address, nil))
}

// claimsOf verifies the ID token that came along.
func claimsOf(ctx context.Context, verifier *oidc.IDTokenVerifier, token *oauth2.Token, nonce string) (map[string]interface{}, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, errors.New("no id_token field in oauth2 token")
	}
	idToken, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if idToken.Nonce != nonce {
		return nil, errors.New("invalid ID token nonce")
	}
	claims := map[string]interface{}{}
	return claims, idToken.Claims(&claims)
}

// keep makes a random value and leaves it in the browser.
func keep(w http.ResponseWriter, name string) string {
	bytes := make([]byte, 32)
	if _, err := rand.Read(bytes); err != nil {
		log.Fatal(err)
	}
	value := base64.RawURLEncoding.EncodeToString(bytes)
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true})
	return value
}

func kept(r *http.Request, name string) string {
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func answer(handle func(http.ResponseWriter, *http.Request) (interface{}, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		said, err := handle(w, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(said); err != nil {
			log.Print(err)
		}
	}
}
