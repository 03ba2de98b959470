/** Every endpoint of the browser's private API, below `/dashboard/api`. The dashboard imports only the type. */
import { accounts } from './accounts.ts';
import { applications } from './applications.ts';
import { consent } from './consent.ts';
import { credentials } from './credentials.ts';
import type { AnswerOf, BodyOf, ParamsOf, QueryOf } from './endpoint.ts';
import { gettingIn } from './getting-in.ts';
import { me } from './me.ts';
import { operator } from './operator.ts';

export const api = { ...gettingIn, ...consent, ...me, ...credentials, ...accounts, ...applications, ...operator };

export type EndpointName = keyof typeof api;
/** What each endpoint takes and returns. `undefined`: nothing. */
export type Api = {
  readonly [Name in EndpointName]: {
    readonly params: ParamsOf<Name>;
    readonly query: QueryOf<(typeof api)[Name]>;
    readonly body: BodyOf<(typeof api)[Name]>;
    readonly answer: AnswerOf<(typeof api)[Name]>;
  };
};
