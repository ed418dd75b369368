import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type RunningProcess, runProcess } from '../support/process.ts';

/** A process that closes in this way when it is told to end. */
async function start(close: string, withinMs = 9_500): Promise<RunningProcess> {
  const program = `
    const { closeOnSignal } = await import('./src/platform/shutdown.ts');
    const { createLog } = await import('./src/platform/log.ts');
    setInterval(() => {}, 1_000);
    setTimeout(() => console.log('listening'));
    await closeOnSignal(createLog('info'), async () => { ${close} }, ${withinMs});`;
  const child = runProcess(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    environment: {},
  });
  onTestFinished(() => child.kill());
  await child.says('listening');
  return child;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s closes, and ends with 0 although timers still run',
  async (name) => {
    const child = await start("await new Promise((go) => setTimeout(go, 50)); console.log('closed');");
    child.signal(name);
    expect(await child.ended).toMatchObject({ code: 0, signal: null });
    expect(child.said()).toContain('closed');
  },
);

test('closing that fails ends with 1, and says why', async () => {
  const child = await start("throw new Error('the door is stuck');");
  child.signal('SIGTERM');
  expect(await child.ended).toMatchObject({ code: 1 });
  expect(child.said()).toContain('the door is stuck');
});

test('the same press of Ctrl-C that arrives twice does not cut closing short; a second press does', async () => {
  const child = await start('await new Promise(() => {});');
  child.signal('SIGINT');
  await child.says('stopping');
  child.signal('SIGINT');
  child.signal('SIGTERM');
  // The one thing here that is about time: what counts as the same press.
  await delay(700);
  child.signal('SIGINT');
  expect(await child.ended).toMatchObject({ code: 130 });
});

test('closing that takes too long is given up, with 1', async () => {
  const child = await start('await new Promise(() => {});', 300);
  child.signal('SIGTERM');
  const { code, ms } = await child.ended;
  expect(code).toBe(1);
  expect(ms).toBeGreaterThan(250);
  expect(child.said()).toContain('stopping took too long');
});
