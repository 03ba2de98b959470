/** When, from where, with what. */
import { useFormat } from '../kit/format.ts';
import { clientName } from './client-name.ts';
import classes from './credentials.module.css';
import { lastUseWords as words } from './last-use-words.ts';

interface Props {
  readonly at: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly inline?: boolean;
}

export function LastUse({ at, address, userAgent, inline = false }: Props) {
  const format = useFormat();
  if (at === null) return <span className={classes.dim}>{words.neverUsed}</span>;
  const from = address === null ? null : words.from(address);
  const client = userAgent === null ? null : words.with(clientName(userAgent));
  const rest = [from, client].filter((part) => part !== null).join(' ');
  return (
    <span>
      <time dateTime={at} title={format.dateTime(at)}>
        {format.relative(at)}
      </time>
      {rest !== '' && (
        <span className={inline ? classes.dim : classes.second} {...(userAgent === null ? {} : { title: userAgent })}>
          {inline && ' '}
          {rest}
        </span>
      )}
    </span>
  );
}
