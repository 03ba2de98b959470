/** The only guard of this application. */
import { guard } from '@keyhouse/guard/fetch';

const { KEYHOUSE_URL = 'http://localhost:4141', KEYHOUSE_KEY = '' } = process.env;

export const keyhouse = guard({ issuer: KEYHOUSE_URL, key: KEYHOUSE_KEY });
