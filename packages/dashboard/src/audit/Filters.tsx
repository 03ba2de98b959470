/** Who, what, with which credential, when. Plain selects: they work with every keyboard, screen reader and phone. */
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useCredentials } from '../kit/credential-list.ts';
import { nameOf, useMembers } from '../kit/members.ts';
import { useAccount } from '../kit/session.ts';
import classes from './audit.module.css';
import { EVENTS, GROUPS } from './events.ts';
import { type Filter, isFiltered, RANGES, type Range } from './filter.ts';
import type { Log } from './queries.ts';
import { words } from './words.ts';

interface Props {
  readonly log: Log;
  readonly filter: Filter;
  /** A member that is undefined is removed. */
  readonly onChange: (change: { readonly [Name in keyof Filter]?: Filter[Name] | undefined }) => void;
  readonly onClear: () => void;
}

export function Filters({ log, filter, onChange, onClear }: Props) {
  return (
    <fieldset className={classes.filters} aria-label={words.filters}>
      {log === null ? (
        <WholeLog filter={filter} onChange={onChange} />
      ) : (
        <OfAccount account={log.account} filter={filter} onChange={onChange} />
      )}
      <NativeSelect
        label={words.what}
        value={filter.event ?? ''}
        onChange={(event) => onChange({ event: event.currentTarget.value || undefined })}
        data={EVENT_CHOICES}
      />
      <NativeSelect
        label={words.when}
        value={filter.range ?? 'any'}
        onChange={(event) =>
          onChange({ range: RANGES.find((each) => each === event.currentTarget.value), from: undefined, to: undefined })
        }
        data={RANGES.map((value: Range) => ({ value, label: words.ranges[value] }))}
      />
      {filter.range === 'days' && (
        <>
          <DayField label={words.from} value={filter.from} onChange={(from) => onChange({ from })} />
          <DayField label={words.to} value={filter.to} onChange={(to) => onChange({ to })} />
        </>
      )}
      {isFiltered(filter) && (
        <Button variant="default" onClick={onClear}>
          {words.clear}
        </Button>
      )}
    </fieldset>
  );
}

const EVENT_CHOICES = [
  { value: '', label: words.anything },
  ...GROUPS.map((group) => ({
    group,
    items: Object.entries(EVENTS)
      .filter(([, event]) => event.group === group)
      .map(([value, { name: label }]) => ({ value, label })),
  })),
];

function DayField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (day: string | undefined) => void;
}) {
  return (
    <TextInput
      type="date"
      label={label}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}

type Part = Pick<Props, 'filter' | 'onChange'>;
type Choices = { readonly value: string; readonly label: string }[];

/** The value in the address of the page stays a choice, even if the lists do not contain it any more. */
const withChosen = (choices: Choices, chosen: string | undefined): Choices =>
  chosen === undefined || choices.some(({ value }) => value === chosen) ? [] : [{ value: chosen, label: chosen }];

function OfAccount({ account, filter, onChange }: Part & { account: string }) {
  const members = useMembers(account).data?.members ?? [];
  const keys = useCredentials({ kind: 'key', account, operator: false, canManage: false });
  const people = members.map((member) => ({ value: `user:${member.user_id}`, label: nameOf(member) }));
  const others = (['operator', 'server', 'anonymous'] as const).map((value) => ({ value, label: words.actors[value] }));
  const isPersonal = useAccount()?.kind === 'personal';
  const tokens = useCredentials({ kind: 'token' });
  const ofKeys = choicesOf(keys);
  const ofTokens = isPersonal ? choicesOf(tokens) : [];
  return (
    <>
      <NativeSelect
        label={words.who}
        value={filter.actor ?? ''}
        onChange={(event) => onChange({ actor: event.currentTarget.value || undefined })}
        data={[
          { value: '', label: words.anybody },
          ...withChosen([...people, ...others], filter.actor),
          { group: words.people, items: people },
          { group: words.others, items: others },
        ]}
      />
      <NativeSelect
        label={words.credential}
        value={filter.credential ?? ''}
        onChange={(event) => onChange({ credential: event.currentTarget.value || undefined })}
        data={[
          { value: '', label: words.anyCredential },
          ...withChosen([...ofKeys, ...ofTokens], filter.credential),
          ...(ofTokens.length > 0 ? [{ group: words.tokens, items: ofTokens }] : []),
          ...(ofKeys.length > 0 ? [{ group: words.keys, items: ofKeys }] : []),
        ]}
      />
    </>
  );
}

const choicesOf = ({ rows = [] }: ReturnType<typeof useCredentials>): Choices =>
  rows.map(({ id, name }) => ({ value: String(id), label: name }));

function WholeLog({ filter, onChange }: Part) {
  return (
    <>
      <TextFilter
        label={words.who}
        placeholder={words.actorPlaceholder}
        value={filter.actor}
        onChange={(actor) => onChange({ actor })}
      />
      <TextFilter label={words.aboutUser} value={filter.user} isNumber onChange={(user) => onChange({ user })} />
      <TextFilter label={words.aboutAccount} value={filter.account} isNumber onChange={(account) => onChange({ account })} />
    </>
  );
}

interface TextProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly placeholder?: string;
  readonly isNumber?: boolean;
  readonly onChange: (value: string | undefined) => void;
}

/** Takes effect with Enter, or when it loses the focus. */
function TextFilter({ label, value, isNumber = false, placeholder = words.numberPlaceholder, onChange }: TextProps) {
  const [text, setText] = useState(value ?? '');
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    setShown(value);
    setText(value ?? '');
  }
  const isFault = isNumber && text !== '' && !/^[1-9]\d{0,14}$/.test(text);
  const apply = () => {
    const next = text.trim() || undefined;
    if (!isFault && next !== value) onChange(next);
  };
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={text}
      error={isFault ? words.numberFault : undefined}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={apply}
      onKeyDown={(event) => event.key === 'Enter' && apply()}
      {...(isNumber ? { inputMode: 'numeric' as const } : {})}
    />
  );
}
