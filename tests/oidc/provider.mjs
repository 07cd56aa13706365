// An authorization server (npm's `oidc-provider`) where every user logs in and consents automatically; a function that follows
// redirects as a browser does; and an API that records the credentials of its callers.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Secrets with characters that clients have to encode (RFC 6749, section 2.3.1). */
export const SECRETS = { machine: 'machine+s3cret/%41=', adapter: 'adapter s3cret&:%2B' };
export const CALLBACK = 'http://127.0.0.1:9/callback';
const SCOPES = 'notes:read notes:write';

/** Returns a function that imports a package from a folder of modules. */
export function loader(modules) {
  const require = createRequire(`${modules}/package.json`);
  return (name) => import(pathToFileURL(require.resolve(name)));
}

/** Listens on a free port of this machine. */
export async function listening(handler) {
  const server = createServer(handler);
  // Node.js closes idle connections after 5 s, even while a request is on its way.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => { server.close(); server.closeAllConnections(); };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}

/** Returns a free port. */
export async function freePort() {
  const { url, stop } = await listening(() => {});
  stop();
  return new URL(url).port;
}

/** Starts the authorization server. Tokens for resources that end in `/mcp` are signed (RFC 9068), others are opaque. */
export async function provider(load) {
  const { default: Provider } = await load('oidc-provider');
  let handle;
  const { url, stop } = await listening((request, response) => handle(request, response));
  const server = new Provider(url, {
    clients: [
      { client_id: 'machine', client_secret: SECRETS.machine, grant_types: ['client_credentials'], response_types: [], redirect_uris: [] },
      { client_id: 'adapter', client_secret: SECRETS.adapter, grant_types: [], response_types: [], redirect_uris: [] },
      { client_id: 'app', token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], redirect_uris: [CALLBACK] },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => ({
          scope: SCOPES, audience: resource, accessTokenTTL: 600,
          accessTokenFormat: resource.endsWith('/mcp') ? 'jwt' : 'opaque',
        }),
      },
    },
    scopes: SCOPES.split(' '),
    ttl: { AccessToken: 600, ClientCredentials: 600, Grant: 600, Interaction: 600, RefreshToken: 600, Session: 600 },
    clientDefaults: { application_type: 'native' },
    pkce: { required: () => true },
    issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    loadExistingGrant: granted,
    interactions: { url: (_context, interaction) => `/login/${interaction.uid}` },
    cookies: { keys: ['of these checks'] },
  });
  const callback = server.callback();
  // Every user who is asked to log in is Ada, and she consents.
  handle = (request, response) => (request.url.startsWith('/login/')
    ? server.interactionFinished(request, response, { login: { accountId: 'ada' }, consent: {} })
    : callback(request, response));
  return { server, url, stop };
}

/** Grants each client the scopes and resources that it requests. */
async function granted(context) {
  const { client, session, provider: { Grant }, params } = context.oidc;
  const grant = new Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  for (const resource of [params.resource].flat().filter(Boolean)) grant.addResourceScope(resource, params.scope);
  await grant.save();
  return grant;
}

/** Follows an authorization request as a browser does, with cookies, up to the redirect to the client. Returns its parameters. */
export async function browse(url) {
  const cookies = new Map();
  let at = url;
  while (!String(at).startsWith(CALLBACK)) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const response = await fetch(at, { redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [name, value] = set.split(';')[0].split('=');
      cookies.set(name, value);
    }
    const next = response.headers.get('location');
    if (!next) throw new Error(`${response.status} at ${at}: ${await response.text()}`);
    at = new URL(next, at);
  }
  return new URL(at).searchParams;
}

/** Sends a token request, and returns the members of the answer. */
export async function granting(server, fields, [id, secret] = []) {
  const encoded = (text) => new URLSearchParams({ '': text }).toString().slice(1);
  const headers = id ? { authorization: `Basic ${btoa(`${encoded(id)}:${encoded(secret)}`)}` } : {};
  const response = await fetch(`${server.url}/token`, { method: 'POST', headers, body: new URLSearchParams(fields) });
  const answer = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

/** An API that answers with notes, records the credentials of its callers, and refuses those in `refused`. */
export async function api() {
  const seen = [];
  const refused = new Set();
  const { url, stop } = await listening((request, response) => {
    const credential = request.headers.authorization;
    seen.push({ method: request.method, url: request.url, credential });
    response.writeHead(refused.has(credential) ? 401 : 200, { 'content-type': 'application/json' });
    response.end('["a note"]');
  });
  return { url, stop, seen, refused };
}
