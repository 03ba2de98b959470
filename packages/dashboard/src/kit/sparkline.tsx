/** Thirty days in the width of a word, with a sentence for screen readers. */

import { useFormat } from './format.ts';
import shared from './shared.module.css';
import classes from './use.module.css';
import { barsOf, busiest, sumOf } from './use-by-day.ts';
import { words } from './words.ts';

const WIDTH = 120;
const HEIGHT = 24;

export function Sparkline({ counts }: { counts: readonly number[] }) {
  const format = useFormat();
  const total = sumOf(counts);
  const most = busiest(counts, new Date());
  if (most === null) return <span className={shared.dim}>{words.noUse}</span>;
  const label = words.plotText(
    counts.length,
    format.number(total),
    total === 1,
    format.number(most.requests),
    format.utcDay(most.day),
  );
  return (
    <span className={classes.spark}>
      <svg
        role="img"
        aria-label={label}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width={WIDTH}
        height={HEIGHT}
        preserveAspectRatio="none"
      >
        <title>{label}</title>
        <rect x={0} y={HEIGHT - 0.5} width={WIDTH} height={0.5} className={classes.sparkFloor} />
        {barsOf(counts, WIDTH, HEIGHT - 1).map((bar) => (
          <rect key={bar.x} {...bar} className={classes.sparkBar} />
        ))}
      </svg>
      <span aria-hidden="true" className={classes.count}>
        {format.compact(total)}
      </span>
    </span>
  );
}
