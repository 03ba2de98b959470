/** What marks an application. */

import classes from './application-tags.module.css';
import { applicationWords as words } from './application-words.ts';
import { Tag } from './tag.tsx';

export const Tags = ({ application }: { application: { first_party: boolean; verified_at: string | null } }) => (
  <>
    {application.verified_at !== null && <Tag tone="good">{words.verified}</Tag>}
    {application.first_party && <Tag tone="accent">{words.firstParty}</Tag>}
  </>
);

/** Decorative if the name is next to it; elsewhere `alt` says whose it is. */
export const Logo = ({ url, alt = '' }: { url: string | null; alt?: string }) =>
  url === null ? null : <img src={url} alt={alt} className={classes.logo} loading="lazy" />;
