/** What a gateway would be answered for a method and path. */

import { Button, NativeSelect, TextInput } from '@mantine/core';
import type { Api } from 'keyhouse/dashboard-api';
import { useState } from 'react';
import { FormError } from '../kit/errors.tsx';
import { useForm } from '../kit/form.ts';
import shared from '../kit/shared.module.css';
import { ask } from '../lib/ask.ts';
import classes from './permissions.module.css';
import { words } from './words.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

type Outcome = Api['POST /operator/routes/try']['answer'];

export function TryRoute({ isUnsaved }: { isUnsaved: boolean }) {
  const [method, setMethod] = useState('GET');
  const [path, setPath] = useState('');
  const [tried, setTried] = useState<{ readonly question: string; readonly outcome: Outcome } | null>(null);
  const attempt = useForm(async () => {
    setTried(null);
    setTried({ question: `${method} ${path}`, outcome: await ask('POST /operator/routes/try', { body: { method, path } }) });
  });
  return (
    <form onSubmit={attempt.submit}>
      <p className={shared.help}>{isUnsaved ? words.tryUnsaved : words.tryHint}</p>
      <div className={classes.tryRow}>
        <NativeSelect
          label={words.method}
          data={METHODS}
          value={method}
          onChange={(event) => setMethod(event.currentTarget.value)}
        />
        <TextInput
          className={classes.mono ?? ''}
          label={words.path}
          placeholder={words.pathPlaceholder}
          spellCheck={false}
          autoComplete="off"
          maxLength={2048}
          value={path}
          onChange={(event) => setPath(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={attempt.isBusy} disabled={isUnsaved || !path.startsWith('/')}>
          {words.try}
        </Button>
      </div>
      <FormError error={attempt.error} />
      <p className={classes.outcome} role="status">
        {tried !== null && (
          <>
            <b>{tried.question}</b> {sentenceOf(tried.outcome)}.
          </>
        )}
      </p>
    </form>
  );
}

function sentenceOf({ outcome, permission }: Outcome): string {
  return outcome === 'permission' ? words.outcome.permission(permission ?? '') : words.outcome[outcome];
}
