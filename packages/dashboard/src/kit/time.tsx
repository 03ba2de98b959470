import { useFormat } from './format.ts';

/** How long ago; the exact time is its title. */
export function TimeAgo({ at, never = '–' }: { at: string | null; never?: string }) {
  const format = useFormat();
  if (at === null) return <>{never}</>;
  return (
    <time dateTime={at} title={format.dateTime(at)}>
      {format.relative(at)}
    </time>
  );
}
