/**
 * Another provider is the first to verify an address that is registered here: what ends is counted and confirmed before it
 * happens.
 */
import { ask } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { Card, Form, Links, Notice, Submit, TaskError, useTask } from './kit.tsx';
import { words } from './words.ts';

const said = words.firstProof;

interface Props {
  readonly brand: State['brand'];
  readonly about: NonNullable<State['first_proof']>;
  readonly onEntered: (to: string) => void;
  readonly onAgain: () => void;
}

export function FirstProof({ brand, about, onEntered, onAgain }: Props) {
  const task = useTask();
  const submit = () => task.run(async () => onEntered((await ask('POST /log-in/first-proof')).to));
  return (
    <Card brand={brand} title={said.title}>
      <p>{said.why(about.email, about.provider)}</p>
      <Notice bad>
        <strong>{said.willEnd(about.password, words.reset.ends(about.ends))}</strong> {said.reason}
      </Notice>
      {about.password && <p>{said.instead}</p>}
      <TaskError task={task} fields={[]} />
      <Form onSubmit={submit} task={task}>
        <Submit task={task}>{said.button}</Submit>
      </Form>
      <Links>
        <button type="button" className="link" onClick={onAgain}>
          {said.cancel}
        </button>
      </Links>
    </Card>
  );
}
