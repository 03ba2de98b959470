/** After the password: a code from an app, a recovery code, or a passkey. */
import { useState } from 'react';
import { ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { Card, Field, Form, Submit, TaskError, useTask } from './kit.tsx';
import { goOn } from './LogIn.tsx';
import { enterWithPasskey, knowsPasskeys } from './passkey.ts';
import { words } from './words.ts';

export type StepMethod = 'totp' | 'recovery-code' | 'passkey';

const said = words.second;

interface Props {
  readonly brand: State['brand'];
  readonly methods: readonly StepMethod[];
  readonly onAgain: () => void;
}

export function SecondStep({ brand, methods, onAgain }: Props) {
  const [code, setCode] = useState('');
  const [isRecovery, setRecovery] = useState(!methods.includes('totp'));
  const task = useTask();
  const submit = () => task.run(async () => goOn((await ask('POST /log-in/code', { body: { code } })).to));
  const withPasskey = () => task.run(async () => goOn((await enterWithPasskey()).to));
  const turn = () => {
    setCode('');
    task.clear();
    setRecovery(!isRecovery);
  };
  const hasCode = methods.includes('totp') || methods.includes('recovery-code');
  const hasPasskey = methods.includes('passkey') && knowsPasskeys();
  return (
    <Card brand={brand} title={said.title}>
      <TaskError task={task} fields={['code']} />
      {hasCode && (
        <Form onSubmit={submit}>
          {isRecovery ? (
            <Field
              key="recovery"
              label={said.recovery}
              name="recovery-code"
              autoComplete="off"
              value={code}
              onChange={setCode}
              fault={task.faultOf('code')}
            />
          ) : (
            <Field
              key="totp"
              label={said.code}
              name="code"
              inputMode="numeric"
              autoComplete="one-time-code"
              value={code}
              onChange={setCode}
              fault={task.faultOf('code')}
            />
          )}
          <Submit isBusy={task.isBusy} disabled={task.seconds > 0}>
            {said.button}
          </Submit>
        </Form>
      )}
      {hasPasskey && (
        <button type="button" className={hasCode ? 'button plain' : 'button'} disabled={task.isBusy} onClick={withPasskey}>
          {said.passkey}
        </button>
      )}
      <div className="links">
        {methods.includes('totp') && methods.includes('recovery-code') && (
          <button type="button" className="link" onClick={turn}>
            {isRecovery ? said.useApp : said.useRecovery}
          </button>
        )}
        <button type="button" className="link" onClick={onAgain}>
          {said.again}
        </button>
      </div>
    </Card>
  );
}
