/**
 * The text of a whole list, which may contain a million revoked JWTs, written in slices: between two of them every waiting
 * request is answered. It is the text that `formatFeedMessage` would produce, without an object for each entry.
 */
import { type FeedMessage, formatFeedMessage, JTI_NAME_LENGTH, type JtiSnapshot } from '@keyhouse/protocol';
import { pause } from '../lib/pause.ts';

/** This many names are written in about a millisecond. */
const SLICE = 20_000;

export interface WholeListFacts extends Omit<FeedMessage, 'after' | 'whole' | 'jtis'> {
  readonly jtis: JtiSnapshot;
  /** What has expired by this moment is left out. */
  readonly nowMs: number;
}

export async function writeWholeList({ jtis, nowMs, ...facts }: WholeListFacts): Promise<Buffer> {
  const frame = formatFeedMessage({ ...facts, after: 0, whole: true, jtis: [] });
  // The only empty list of groups; before it are only members whose values contain no bracket.
  const gap = frame.indexOf('"jtis":[') + '"jtis":['.length;
  const groups = await countByEnd(jtis, nowMs);
  const texts = [...groups].map(([ends, count], index) => ({
    ...{ ends, head: `${index === 0 ? '' : ','}{"ends":${ends},"ids":"`, length: count * JTI_NAME_LENGTH },
  }));
  const total = texts.reduce((sum, { head, length }) => sum + head.length + length + GROUP_TAIL.length, Buffer.byteLength(frame));
  const bytes = Buffer.allocUnsafe(total);
  let at = bytes.write(frame.slice(0, gap));
  const cursors = new Map<number, number>();
  for (const { ends, head, length } of texts) {
    at += bytes.write(head, at);
    cursors.set(ends, at);
    at += length;
    at += bytes.write(GROUP_TAIL, at);
  }
  bytes.write(frame.slice(gap), at);
  await inSlices(jtis.size, (place) => {
    const ends = jtis.endsAtSeconds(place);
    const cursor = cursors.get(ends);
    if (cursor === undefined) return;
    jtis.writeName(place, bytes, cursor);
    cursors.set(ends, cursor + JTI_NAME_LENGTH);
  });
  return bytes;
}

const GROUP_TAIL = '"}';

async function countByEnd(jtis: JtiSnapshot, nowMs: number): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  await inSlices(jtis.size, (place) => {
    const ends = jtis.endsAtSeconds(place);
    if (ends * 1000 > nowMs) counts.set(ends, (counts.get(ends) ?? 0) + 1);
  });
  return counts;
}

async function inSlices(size: number, each: (place: number) => void): Promise<void> {
  for (let start = 0; start < size; start += SLICE) {
    if (start > 0) await pause();
    const end = Math.min(start + SLICE, size);
    for (let place = start; place < end; place++) each(place);
  }
}
