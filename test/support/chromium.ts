import { type Browser, chromium } from 'playwright-core';

/** The machine's Chromium, headless, asking nothing of any network but what a test opens. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
}
