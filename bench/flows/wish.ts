/** What every application of the benchmark asks for, so that all servers create JWTs with the same content. */
export const CALLBACK = 'https://app.example.com/callback';
export const API = 'https://api.example.com/';
export const SCOPE = 'invoices.read services.read';
export const PERSON = { email: 'bench@example.com', password: 'four unrelated words here' };
/** Of the peers' confidential client; Keyhouse creates its own. */
export const SERVICE_SECRET = 'bench-secret-bench-secret-bench';
