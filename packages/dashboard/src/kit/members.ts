/** Who belongs to a team. */
import { useQuery } from '@tanstack/react-query';
import { type Api, ask } from '../lib/ask.ts';
import { words } from './words.ts';

export type Members = Api['GET /accounts/:account/members']['answer'];
export type Member = Members['members'][number];
export type Invitation = Members['invitations'][number];

export const membersKey = (account: string) => ['members', account] as const;

export const useMembers = (account: string) =>
  useQuery({ queryKey: membersKey(account), queryFn: () => ask('GET /accounts/:account/members', { params: { account } }) });

export const nameOf = ({ display_name, email, user_id }: Pick<Member, 'display_name' | 'email' | 'user_id'>): string =>
  display_name || (email ?? words.member(user_id));
