// What all checks share: a client of each kind, a credential that remembers what it was asked for, and
// refusals. From outside come the vault, whether its host name fits the challenge's resource, and tokens.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

var (
	url     = os.Getenv("KEYVAULT_URL")
	checked = os.Getenv("KEYVAULT_CHECK") == "on"
	ctx     = context.Background()
)

// credential is an azcore.TokenCredential: what the SDKs ask of a person's own type.
type credential struct {
	token string
	asked []policy.TokenRequestOptions
}

func (c *credential) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.asked = append(c.asked, options)
	return azcore.AccessToken{Token: c.token, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func of(role string) *credential {
	return &credential{token: strings.TrimSpace(string(must(os.ReadFile(os.Getenv("KEYVAULT_TOKENS") + "/" + role))))}
}

func clientOptions() policy.ClientOptions {
	return policy.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}}
}

func keysOf(c azcore.TokenCredential, disabled bool) *azkeys.Client {
	return must(azkeys.NewClient(url, c, &azkeys.ClientOptions{ClientOptions: clientOptions(), DisableChallengeResourceVerification: disabled}))
}

func keys(role string) *azkeys.Client { return keysOf(of(role), !checked) }

func secrets(role string) *azsecrets.Client {
	return must(azsecrets.NewClient(url, of(role), &azsecrets.ClientOptions{ClientOptions: clientOptions(), DisableChallengeResourceVerification: !checked}))
}

func name(what string) string { return "go-" + what }

func ptr[T any](value T) *T { return &value }

func must[T any](value T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("%v\n%s", err, debug.Stack()))
	}
	return value
}

func need(holds bool, format string, args ...any) {
	if !holds {
		panic(fmt.Sprintf(format+"\n%s", append(args, debug.Stack())...))
	}
}

func same[T comparable](found, expected T, what string) {
	need(found == expected, "%s: found %v, expected %v", what, found, expected)
}

func equal(found, expected []byte, what string) {
	need(bytes.Equal(found, expected), "%s: found %x, expected %x", what, found, expected)
}

func near(instant *time.Time) {
	need(instant != nil && time.Since(*instant).Abs() < 2*time.Minute, "%v is not about now", instant)
}

// refused takes the SDK's error, with the status, the code and words of the message.
func refused[T any](status int, code, words string) func(T, error) {
	return func(_ T, err error) {
		var answer *azcore.ResponseError
		need(errors.As(err, &answer), "not a ResponseError: %v", err)
		need(answer.StatusCode == status && answer.ErrorCode == code, "found %d %s, expected %d %s: %v", answer.StatusCode, answer.ErrorCode, status, code, err)
		need(strings.Contains(err.Error(), words), "without %q: %v", words, err)
	}
}
