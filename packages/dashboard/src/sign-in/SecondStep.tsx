/** After the password: a code from an app, a recovery code, or a passkey. */
import { useState } from 'react';
import { ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { Card, Field, Form, Links, Submit, TaskError, useTask } from './kit.tsx';
import { knowsPasskeys, signInWithPasskey } from './passkey.ts';
import { words } from './words.ts';

export type StepMethod = 'totp' | 'recovery-code' | 'passkey';

const said = words.second;

interface Props {
  readonly brand: State['brand'];
  readonly methods: readonly StepMethod[];
  readonly onEntered: (to: string) => void;
  readonly onAgain: () => void;
}

export function SecondStep({ brand, methods, onEntered, onAgain }: Props) {
  const [isLost, setLost] = useState(false);
  const [code, setCode] = useState('');
  const [isRecovery, setRecovery] = useState(methods.includes('recovery-code') && methods.length === 1);
  const task = useTask();
  const submit = () => task.run(async () => onEntered((await ask('POST /log-in/code', { body: { code } })).to));
  const withPasskey = () => task.run(async () => onEntered((await signInWithPasskey()).to));
  const turn = () => {
    setCode('');
    task.clear();
    setRecovery(!isRecovery);
  };
  if (isLost || methods.length === 0) {
    return (
      <Lost
        brand={brand}
        methods={methods}
        onRecovery={() => {
          if (!isRecovery) turn();
          setLost(false);
        }}
        onBack={() => setLost(false)}
        onAgain={onAgain}
      />
    );
  }
  const hasForm = isRecovery || methods.includes('totp');
  const hasPasskey = methods.includes('passkey') && knowsPasskeys();
  return (
    <Card brand={brand} title={said.title}>
      <p className="soft">{isRecovery ? said.recoveryIntro : hasForm ? said.codeIntro : said.passkeyIntro}</p>
      <TaskError task={task} fields={['code']} />
      {hasForm && (
        <Form onSubmit={submit} task={task}>
          {/* Two fields with different names, so that a browser does not fill one with a value of the other. */}
          {isRecovery ? (
            <Field
              key="recovery"
              label={said.recovery}
              name="recovery-code"
              autoComplete="off"
              value={code}
              onChange={setCode}
              fault={task.faultOf('code')}
              takesFocus
              isCode
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
              takesFocus
              isCode
            />
          )}
          <Submit task={task}>{said.button}</Submit>
        </Form>
      )}
      {hasPasskey && (
        <button type="button" className={hasForm ? 'button plain' : 'button'} disabled={task.isBusy} onClick={withPasskey}>
          {said.passkey}
        </button>
      )}
      <Links>
        {methods.includes('recovery-code') && (
          <button type="button" className="link" onClick={turn}>
            {isRecovery ? said.notRecovery : said.useRecovery}
          </button>
        )}
        <button type="button" className="link" onClick={() => setLost(true)}>
          {said.lost}
        </button>
        <button type="button" className="link" onClick={onAgain}>
          {said.again}
        </button>
      </Links>
    </Card>
  );
}

interface LostProps extends Pick<Props, 'brand' | 'methods' | 'onAgain'> {
  readonly onRecovery: () => void;
  readonly onBack: () => void;
}

/** For a user who cannot use any of the factors now: what they can still do, and who can help. */
function Lost({ brand, methods, onRecovery, onBack, onAgain }: LostProps) {
  return (
    <Card brand={brand} title={said.lostTitle}>
      {methods.includes('recovery-code') && (
        <>
          <p>{said.lostCode}</p>
          <button type="button" className="button plain" onClick={onRecovery}>
            {said.useRecovery}
          </button>
        </>
      )}
      {methods.includes('passkey') && <p>{said.lostPasskey}</p>}
      <p>{said.lostOperator(brand.name)}</p>
      <p className="soft">{said.lostCommand}</p>
      <Links>
        {methods.length > 0 && (
          <button type="button" className="link" onClick={onBack}>
            {said.back}
          </button>
        )}
        <button type="button" className="link" onClick={onAgain}>
          {said.again}
        </button>
      </Links>
    </Card>
  );
}
