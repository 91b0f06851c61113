import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Slots } from '../src/jobs/slots.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Tasks that hold a slot until they are told to end, and leave when they are asked to. */
function world(count: number) {
  const slots = new Slots(count);
  const running: { project: string; end: () => void }[] = [];
  const order: string[] = [];
  const add = async (project: string): Promise<void> => {
    let end = (): void => {};
    const slot = await slots.take(project, () => end());
    if (!slot) return;
    const task = { project, end: () => {} };
    let asked = false;
    const over = new Promise<boolean>((resolve) => {
      task.end = () => resolve(false);
      end = () => {
        asked = true;
        resolve(true);
      };
    });
    running.push(task);
    order.push(project);
    await over;
    running.splice(running.indexOf(task), 1);
    expect(slot.leaves).toBe(asked);
    slot.free();
    // It has more to do, and comes again.
    if (asked) void add(project);
  };
  const has = (project: string): number => running.filter((task) => task.project === project).length;
  return { slots, running, order, add, has };
}

it('one project has all slots while nobody else wants them; another one gets its part at once', async () => {
  const { add, has } = world(4);
  for (let i = 0; i < 1000; i++) void add('large');
  await settled();
  expect(has('large')).toBe(4);
  void add('small');
  await settled();
  expect([has('small'), has('large')]).toEqual([1, 3]);
  for (let i = 0; i < 5; i++) void add('small');
  await settled();
  expect([has('small'), has('large')]).toEqual([2, 2]);
});

it('a free slot goes to who has least, in turn, and within a project to who came first', async () => {
  const { slots, running, order, add } = world(1);
  for (const project of ['a', 'a', 'a', 'b', 'c']) void add(project);
  await settled();
  for (let i = 0; i < 4; i++) {
    running[0]?.end();
    await settled();
  }
  expect(order).toEqual(['a', 'b', 'c', 'a', 'a']);
  slots.close();
});

it('asks those who can go on later, whoever else has as much', async () => {
  const slots = new Slots(4);
  const asked: string[] = [];
  for (const project of ['fixed', 'fixed']) await slots.take(project);
  for (const project of ['free', 'free']) await slots.take(project, () => asked.push(project));
  void slots.take('late', () => {});
  await settled();
  expect(asked).toEqual(['free']);
});

it('keeps to the limit of a project, also when that changes', async () => {
  const { slots, add, has } = world(10);
  slots.limit('a', 2);
  for (let i = 0; i < 6; i++) void add('a');
  void add('b');
  await settled();
  expect([has('a'), has('b')]).toEqual([2, 1]);
  slots.limit('a', null);
  await settled();
  expect(has('a')).toBe(6);
});

it('those who wait are told when it is closed, and nobody gets one later', async () => {
  const slots = new Slots(1);
  const slot = await slots.take('a', () => {});
  const waits = slots.take('a', () => {});
  slots.close();
  slot?.free();
  expect([await waits, await slots.take('b', () => {})]).toEqual([undefined, undefined]);
});

it('never gives more slots than there are, leaves none free that is wanted, and shares them evenly', async () => {
  const steps = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.nat(20)), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6 }), steps, async (count, all) => {
      const { slots, running, add, has } = world(count);
      const wanted = new Map<string, number>();
      for (const step of all) {
        if (typeof step === 'string') {
          wanted.set(step, (wanted.get(step) ?? 0) + 1);
          void add(step);
        } else if (running.length > 0) {
          const task = running[step % running.length];
          if (task) wanted.set(task.project, (wanted.get(task.project) ?? 0) - 1);
          task?.end();
        }
        for (let i = 0; i < 10; i++) await settled();
        const total = [...wanted.values()].reduce((sum, next) => sum + next, 0);
        expect(running.length).toBe(Math.min(count, total));
        // Nobody who wants more has two less than another one.
        for (const [project, most] of wanted)
          if (has(project) < most) for (const other of wanted.keys()) expect(has(other)).toBeLessThan(has(project) + 2);
      }
      slots.close();
    }),
    { numRuns: 200 },
  );
});
