/** What marks an application. */
import { Tag } from '../kit/tag.tsx';
import classes from './applications.module.css';
import { words } from './words.ts';

export const Tags = ({ application }: { application: { first_party: boolean; verified_at: string | null } }) => (
  <>
    {application.verified_at !== null && <Tag tone="good">{words.verified}</Tag>}
    {application.first_party && <Tag tone="accent">{words.firstParty}</Tag>}
  </>
);

/** Decoration: the name stands beside it. */
export const Logo = ({ url }: { url: string | null }) =>
  url === null ? null : <img src={url} alt="" className={classes.logo} loading="lazy" />;
