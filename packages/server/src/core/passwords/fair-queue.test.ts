import { describe, expect, it } from 'vitest';
import { type Claim, FairQueue } from './fair-queue.ts';

const claim = (person: string, networks: readonly string[], isKnown = false): Claim => ({ person, networks, isKnown });

function served(queue: FairQueue<string>): string[] {
  const jobs: string[] = [];
  for (let job = queue.next(); job !== null; job = queue.next()) jobs.push(job);
  return jobs;
}

describe('a fair queue', () => {
  it('serves each in the order of their coming, when all are alike', () => {
    const queue = new FairQueue<string>(9);
    for (const job of ['a', 'b', 'c']) expect(queue.push(job, claim('p', ['n']))).toBeNull();
    expect(served(queue)).toEqual(['a', 'b', 'c']);
    expect(queue.size).toBe(0);
  });

  it('lets everybody in, in turns: a flood from one network waits behind itself', () => {
    const queue = new FairQueue<string>(512);
    for (let index = 0; index < 300; index++) queue.push(`flood${index}`, claim(`user${index}`, ['10.0', '10.0.0', '10.0.0.1']));
    queue.push('elsewhere', claim('ada', ['10.9', '10.9.0', '10.9.0.1']));
    queue.push('neighbour', claim('bo', ['10.0', '10.0.0', '10.0.0.2']));
    queue.push('known', claim('cy', ['10.0', '10.0.0', '10.0.0.1'], true));
    const order = served(queue);
    expect(order.indexOf('known')).toBeLessThan(2);
    expect(order.indexOf('elsewhere')).toBeLessThan(4);
    expect(order.indexOf('neighbour')).toBeLessThan(6);
    expect(order.length).toBe(303);
  });

  it('lets twelve honest people of the flooding network in, whatever the flood sends', () => {
    const queue = new FairQueue<string>(512);
    const lost: string[] = [];
    const push = (job: string, of: Claim) => {
      const gone = queue.push(job, of);
      if (gone !== null) lost.push(gone);
    };
    const networks = (host: number) => ['10.0', '10.0.0', `10.0.0.${host}`];
    for (let round = 0; round < 10; round++) {
      for (let host = 0; host < 200; host++) push(`flood${host}.${round}`, claim(`user${round}`, networks(host)));
      if (round === 5) for (let host = 0; host < 12; host++) push(`honest${host}`, claim(`ada${host}`, networks(230 + host)));
    }
    expect(lost.filter((job) => job.startsWith('honest'))).toEqual([]);
    expect(lost.length).toBe(2012 - 512);
    const order = served(queue);
    for (let host = 0; host < 12; host++) expect(order.indexOf(`honest${host}`)).toBeLessThan(212);
  });

  it('drops a stranger before anybody who is known, and the newest before those who wait', () => {
    const queue = new FairQueue<string>(2);
    queue.push('stranger', claim('a', ['n']));
    queue.push('first', claim('b', ['n'], true));
    expect(queue.push('second', claim('c', ['n'], true))).toBe('stranger');
    expect(queue.push('late', claim('d', ['n']))).toBe('late');
    expect(served(queue)).toEqual(['first', 'second']);
  });

  it('keeps its count and loses nothing in any order of pushes and turns', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    const queue = new FairQueue<number>(20);
    const waiting = new Set<number>();
    for (let job = 0; job < 5000; job++) {
      if (random(3) === 0) {
        const next = queue.next();
        expect(next === null ? waiting.size === 0 : waiting.delete(next)).toBe(true);
      } else {
        waiting.add(job);
        const gone = queue.push(job, claim(`p${random(3)}`, [`w${random(2)}`, `n${random(4)}`], random(2) === 0));
        if (gone !== null) expect(waiting.delete(gone)).toBe(true);
      }
      expect(queue.size).toBe(waiting.size);
      expect(queue.size).toBeLessThanOrEqual(20);
    }
  });
});
