import { describe, expect, it } from 'vitest';
import { isBcrypt, verifyBcrypt } from './bcrypt.ts';

/** Created with crypt(3) of libxcrypt and with Openwall's crypt_blowfish; none with the code under test. */
const VECTORS: readonly (readonly [password: string, hash: string])[] = [
  ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['U*U*', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'],
  ['U*U*U', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'],
  ['', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy'],
  ['correct horse battery staple', '$2y$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W'],
  ['Grüße aus Köln 2024', '$2y$10$Zm9vYmFyYmF6cXV4cXV1eON2yyOrgeWfUrerl6UBYcVN649.tnhGO'],
  ['😀 pass', '$2y$06$Zm9vYmFyYmF6cXV4cXV1eOHL.yGSg11tOcdtIXgWye1stpWTNOvRq'],
  ['test', '$2y$04$abcdefghijklmnopqrstuuoD8yw7MmybLKVooaTGGZAt3HXugv2.a'],
];

describe('bcrypt hashes of others', () => {
  it.each(VECTORS)('fit their password %j, and no other', (password, hash) => {
    expect(isBcrypt(hash)).toBe(true);
    expect(verifyBcrypt(hash, password)).toBe(true);
    for (const wrong of [`${password}x`, `${password}\0`, ` ${password}`, '\0']) expect(verifyBcrypt(hash, wrong)).toBe(false);
  });

  it('look at 72 bytes and no more, as every bcrypt does', () => {
    const hash = '$2y$06$Zm9vYmFyYmF6cXV4cXV1eO654tyzrCNSjqmxVqjP3UZtdkQ/mVpXi';
    expect(verifyBcrypt(hash, 'x'.repeat(72))).toBe(true);
    expect(verifyBcrypt(hash, `${'x'.repeat(72)}and more`)).toBe(true);
    expect(verifyBcrypt(hash, 'x'.repeat(71))).toBe(false);
  });

  it('are refused when they are none, or would hold a thread for long', () => {
    const [, rest = ''] = /^\$2y\$10(.*)$/.exec('$2y$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W') ?? [];
    for (const hash of [
      '',
      '$2y$',
      `$2x$10${rest}`,
      `$2y$03${rest}`,
      `$2y$15${rest}`,
      `$2y$31${rest}`,
      `$2y$10${rest}x`,
      `$1$10${rest}`,
    ]) {
      expect(isBcrypt(hash)).toBe(false);
      expect(verifyBcrypt(hash, 'correct horse battery staple')).toBe(false);
    }
  });
});
