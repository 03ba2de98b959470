/** A page that has to ask the server before it can show anything. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { AskError, type Refusal } from '../lib/ask.ts';
import type { State } from '../lib/state.ts';
import { Card, Links, TaskError, useTask } from './kit.tsx';
import { words } from './words.ts';

/** Asks when the page opens, and again when the user wants it. */
export function useAnswer<Answer>(work: () => Promise<Answer>) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const task = useTask();
  const again = () => task.run(async () => setAnswer(await work()));
  const hasBegun = useRef(false);
  useEffect(() => {
    // React runs effects twice during development; a ticket is valid once.
    if (hasBegun.current) return;
    hasBegun.current = true;
    void again();
  });
  return { answer, task, again };
}

export const kindOf = (error: unknown): Refusal['kind'] | null => (error instanceof AskError ? error.refusal.kind : null);

interface WaitingProps {
  readonly brand: State['brand'];
  readonly title: string;
  readonly of: Pick<ReturnType<typeof useAnswer>, 'task' | 'again'>;
  readonly children?: ReactNode;
}

/** While there is no answer, or none can be had. */
export function WaitingForAnswer({ brand, title, of: { task, again }, children }: WaitingProps) {
  const kind = kindOf(task.error);
  return (
    <Card brand={brand} title={title}>
      {task.error === null && <p role="status">{words.working}</p>}
      <TaskError task={task} />
      {(kind === 'offline' || kind === 'unavailable' || kind === 'broken') && (
        <button type="button" className="button" onClick={again}>
          {words.retry}
        </button>
      )}
      {task.error !== null && (children ?? <ToDashboard />)}
    </Card>
  );
}

export const ToDashboard = () => (
  <Links>
    <a className="link" href="/dashboard">
      {words.toDashboard}
    </a>
  </Links>
);
