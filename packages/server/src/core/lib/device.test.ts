import { expect, it } from 'vitest';
import { deviceOf, deviceText } from './device.ts';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15';
const CHROME =
  'Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36';

it('says what people call a browser and its system, without a version that browsers have frozen', () => {
  expect(deviceText(FIREFOX)).toBe('Firefox 140 on Windows');
  expect(deviceText(SAFARI)).toBe('Safari 18 on macOS');
  expect(deviceText(CHROME)).toBe('Chrome 140 on Android 16');
});

it('says what a program calls itself where nothing else is known, and nothing of nothing', () => {
  expect(deviceText('my-program')).toBe('my-program');
  expect([deviceText(null), deviceText(undefined), deviceText('')]).toEqual([null, null, '']);
  expect(deviceOf(null)).toEqual({ browser: null, system: null });
});
