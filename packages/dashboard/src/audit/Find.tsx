/** From the X-Request-Id of a refused request to the whole decision. */

import { Button, Stack, TextInput, Title } from '@mantine/core';
import { Search } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { EmptyState, Loaded } from '../kit/states.tsx';
import { entryOf } from '../lib/entry-of.ts';
import classes from './audit.module.css';
import { Sentence } from './Entries.tsx';
import { REASONS } from './events.ts';
import { Facts } from './Facts.tsx';
import { type AuditRow, type Log, useDecision } from './queries.ts';
import { words } from './words.ts';

export function Find({ value, onFind }: { value: string; onFind: (requestId: string | null) => void }) {
  const [text, setText] = useState(value);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onFind(text.trim() === '' ? null : text.trim());
  };
  return (
    <search className={classes.find}>
      <form onSubmit={submit}>
        <div className={classes.findRow}>
          <TextInput
            className={classes.findField ?? ''}
            label={words.findLabel}
            description={words.findHint}
            name="request_id"
            autoComplete="off"
            spellCheck={false}
            maxLength={64}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button type="submit" leftSection={<Search size={16} aria-hidden="true" />}>
            {words.find}
          </Button>
        </div>
      </form>
    </search>
  );
}

export function Decision({ log, requestId, onBack }: { log: Log; requestId: string; onBack: () => void }) {
  const decision = useDecision(log, requestId);
  return (
    <Stack aria-live="polite">
      <Loaded query={decision}>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState title={words.findNothing}>
              {words.findNothingText} {words.findWaiting}
            </EmptyState>
          ) : (
            rows.map((row) => <Decided key={row.id} row={row} log={log} />)
          )
        }
      </Loaded>
      <Button variant="default" onClick={onBack} style={{ alignSelf: 'flex-start' }}>
        {words.findBack}
      </Button>
    </Stack>
  );
}

/** If nothing could be judged, no permission was missing. */
const isJudged = ({ reason, details: { lacking } }: AuditRow): boolean =>
  reason !== 'forbidden' || typeof lacking !== 'string' || lacking.includes('.');

function Decided({ row, log }: { row: AuditRow; log: Log }) {
  return (
    <section aria-label={words.decision} className={classes.decision} {...(row.reason === null ? { 'data-taken': true } : {})}>
      <Title order={2} className={classes.verdict ?? ''}>
        <Sentence row={row} />
      </Title>
      {row.explanation !== null && <p className={classes.explanation}>{row.explanation}</p>}
      {row.reason !== null && isJudged(row) && <p className={classes.help}>{entryOf(REASONS, row.reason)?.help}</p>}
      <Facts row={row} log={log} isDecision />
    </section>
  );
}
