/** Where a request comes from, as far as it is known. */
export interface RequestSource {
  readonly address: string | null;
  readonly userAgent: string | null;
}
