/** Where a request comes from, as far as it is known. */
export interface From {
  readonly address: string | null;
  readonly userAgent: string | null;
}
