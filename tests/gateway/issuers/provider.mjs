// npm's oidc-provider, really running, for test_oidc_provider.py. Arguments: its package's folder,
// its port. Clients register themselves; the one that does gets the id and the secret of the
// setting. Prints a line when it listens.
import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, port] = process.argv.slice(2);
const entry = createRequire(`${folder}/`).resolve('oidc-provider');
const { Provider } = await import(pathToFileURL(entry));
const issuer = `http://127.0.0.1:${port}`;
const audience = 'https://data.example.gov.cn';

const keys = [['rsa', { modulusLength: 2048 }], ['ec', { namedCurve: 'P-256' }]].map(
  ([kind, options]) => generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }),
);

const provider = new Provider(issuer, {
  claims: { openid: ['sub', 'sid'], profile: ['org', 'access'] },
  // What the platform maps stands in the ID token, under its signature.
  conformIdTokenClaims: false,
  findAccount: async (context, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, org: 'civil-affairs', access: { roles: ['compile'] } }),
  }),
  jwks: { keys },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
  features: {
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    registration: { enabled: true, idFactory: () => 'huitong', secretFactory: () => process.env.CLIENT_SECRET },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: () => ({
        scope: 'call', audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  // It tells nobody on its own host of a log-out unless it is told to.
  fetch: (address, { dispatcher, ...options }) => fetch(address, options),
  pkce: { required: () => true },
});
provider.on('backchannel.error', (context, error) => console.error(error));
provider.on('server_error', (context, error) => console.error(error));
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
