/** A certificate for localhost and 127.0.0.1 that signs itself, valid for a hundred years. It protects nothing. */
import type { TlsIdentity } from '../../src/main/simulator/simulator-options.ts';

export const TEST_TLS: TlsIdentity = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6Fxw40fbZkheFKDN
Awd5/mk+iPr9vqn7+iT+aaju3cuhRANCAASZM4XrG8IyabulcfufY3WlqTiKjrnU
Vwci99I0/IGRUgn+5AYMvh6iSRpiOYRJI9RPG4hLqpc94/LlbbGuOgcS
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUSZ5m4iW1Gsng+QICLpQ+tHR8UC8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE4NDQyNFoYDzIxMjYxMDI5
MTg0NDI0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASZM4XrG8IyabulcfufY3WlqTiKjrnUVwci99I0/IGRUgn+5AYMvh6i
SRpiOYRJI9RPG4hLqpc94/LlbbGuOgcSo28wbTAdBgNVHQ4EFgQUTtixxX5W+sfj
aywvFcX+2dXVvecwHwYDVR0jBBgwFoAUTtixxX5W+sfjaywvFcX+2dXVvecwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgAPaXCmYN+C5fLKe28ye512mGL480tUCBwQXk156AlpgCIQCn
W6gbFXca9Bqo0f3zzS4xbPz7TAv+4iZELX573fF+NA==
-----END CERTIFICATE-----
`,
};

/** Another of the same kind, which those who trust the first have no reason to trust. */
export const STRANGER_TLS: TlsIdentity = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg65dcvc5ocoC9NpTO
rbIFY28uaNhEu2GOL6SjUKTv7AShRANCAASKYuXYrMEYEu4Qc1cNNfh7QhYLPMLm
Pv5g9ZUqmzuNgcfzHtKVpols+o45Kt0kiP3aCVfq0IS58Zcb8NBgmxk2
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUHPw3Q/Z3BszlVyLia4GkiqmdvVwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE5MjQwMFoYDzIxMjYxMDI5
MTkyNDAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASKYuXYrMEYEu4Qc1cNNfh7QhYLPMLmPv5g9ZUqmzuNgcfzHtKVpols
+o45Kt0kiP3aCVfq0IS58Zcb8NBgmxk2o28wbTAdBgNVHQ4EFgQUARmP305xI5C4
/TT3b62LfhkYe4QwHwYDVR0jBBgwFoAUARmP305xI5C4/TT3b62LfhkYe4QwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgUvpf6XPm4aoiCizqS97sbpVIfsMkxum/GkHGdXVM+ncCIQCb
f4Vvd4KZj5G/KXPuR5gubcO1+F4yeqqyPAAErBnstw==
-----END CERTIFICATE-----
`,
};
