/** Requests of ninety days, drawn larger; also as a table of numbers. Loaded when it is shown. */
import { Button, Collapse, Text } from '@mantine/core';
import { useState } from 'react';
import { useFormat } from './format.ts';
import classes from './use.module.css';
import { barsOf, busiest, dayAt, sumOf } from './use-by-day.ts';
import { words } from './words.ts';

const WIDTH = 900;
const HEIGHT = 140;

export default function UseChart({ counts, title }: { counts: readonly number[]; title: string }) {
  const [asTable, setAsTable] = useState(false);
  const [hovered, setHovered] = useState<number | null>(null);
  const format = useFormat();
  const now = new Date();
  const most = busiest(counts, now);
  if (most === null) return <Text c="dimmed">{words.chartEmpty}</Text>;
  const step = WIDTH / counts.length;
  const told = hovered === null ? null : { day: dayAt(counts, hovered, now), requests: counts[hovered] ?? 0 };
  return (
    <div>
      <Text size="sm" c="dimmed">
        {told === null
          ? words.requests(format.number(sumOf(counts)), sumOf(counts) === 1)
          : `${format.utcDay(told.day)}: ${words.requests(format.number(told.requests), told.requests === 1)}`}
      </Text>
      <svg
        role="img"
        aria-label={`${title}: ${words.plotText(counts.length, format.number(sumOf(counts)), sumOf(counts) === 1, format.number(most.requests), format.utcDay(most.day))}`}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className={classes.chart}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const index = Math.floor(((event.clientX - box.left) / box.width) * counts.length);
          setHovered(index >= 0 && index < counts.length ? index : null);
        }}
        onPointerLeave={() => setHovered(null)}
      >
        {hovered !== null && <rect x={hovered * step} y={0} width={step} height={HEIGHT} className={classes.chartHover} />}
        {barsOf(counts, WIDTH, HEIGHT).map((bar) => (
          <rect key={bar.x} {...bar} rx={1} className={classes.sparkBar} />
        ))}
      </svg>
      <div className={classes.chartDays} aria-hidden="true">
        <span>{format.utcDay(dayAt(counts, 0, now))}</span>
        <span>{format.utcDay(dayAt(counts, counts.length - 1, now))}</span>
      </div>
      <Button variant="subtle" size="compact-sm" ml={-8} aria-expanded={asTable} onClick={() => setAsTable(!asTable)}>
        {words.chartShow}
      </Button>
      <Collapse expanded={asTable} keepMounted={false}>
        <table className={classes.chartTable}>
          <thead>
            <tr>
              <th scope="col">{words.chartDay}</th>
              <th scope="col">{words.chartRequests}</th>
            </tr>
          </thead>
          <tbody>
            {counts
              .map((count, index) => ({ count, day: dayAt(counts, index, now) }))
              .toReversed()
              .filter(({ count }) => count > 0)
              .map(({ count, day }) => (
                <tr key={day.getTime()}>
                  <th scope="row">{format.utcDay(day)}</th>
                  <td>{format.number(count)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </Collapse>
    </div>
  );
}
