/** When, from where, with what. */

import { clientName } from './client-name.ts';
import { useFormat } from './format.ts';
import shared from './shared.module.css';
import { words } from './words.ts';

interface Props {
  readonly at: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly inline?: boolean;
}

export function LastUse({ at, address, userAgent, inline = false }: Props) {
  const format = useFormat();
  if (at === null) return <span className={shared.dim}>{words.neverUsed}</span>;
  const from = address === null ? null : words.from(address);
  const client = userAgent === null ? null : words.with(clientName(userAgent));
  const rest = [from, client].filter((part) => part !== null).join(' ');
  return (
    <span>
      <time dateTime={at} title={format.dateTime(at)}>
        {format.relative(at)}
      </time>
      {rest !== '' && (
        <span className={inline ? shared.dim : shared.second} {...(userAgent === null ? {} : { title: userAgent })}>
          {inline && ' '}
          {rest}
        </span>
      )}
    </span>
  );
}
