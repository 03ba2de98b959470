/** oidc-provider's introspection, on its in-memory adapter: an opaque client-credentials token that it has issued itself. */
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: 'bench',
      client_secret: 'bench-secret-bench-secret-bench',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: { clientCredentials: { enabled: true }, introspection: { enabled: true, allowedPolicy: () => true } },
  ttl: { ClientCredentials: () => 86_400 },
});
createServer(provider.callback()).listen(port, '127.0.0.1');
