import { afterEach, expect, test, vi } from 'vitest';
import { addressOf, ApiError, get } from './client';

afterEach(() => vi.unstubAllGlobals());

test('addresses keep the slashes of names and encode the rest', () => {
  expect(addressOf('/api/v1/assets/{name}', { name: 'acme/press 7/50%' })).toBe('/api/v1/assets/acme/press%207/50%25');
  expect(addressOf('/api/v1/last', {}, { signal: ['a/b', 'c'], limit: undefined })).toBe('/api/v1/last?signal=a%2Fb&signal=c');
});

test("a refusal is an ApiError with the node's own words", async () => {
  const body = JSON.stringify({ type: 'about:blank', title: 'unknown asset', status: 404, detail: "there is no asset 'x'" });
  vi.stubGlobal('fetch', async () => new Response(body, { status: 404 }));
  const failure = await get('/api/v1/assets/{name}', { path: { name: 'x' } }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApiError);
  expect(failure).toMatchObject({ status: 404, title: 'unknown asset', detail: "there is no asset 'x'" });
});

test('no answer at all is an ApiError of status 0', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('Failed to fetch');
  });
  await expect(get('/api/v1/status')).rejects.toMatchObject({ status: 0 });
});

test('a timeout is no answer either', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new DOMException('', 'TimeoutError');
  });
  await expect(get('/api/v1/status', { signal: AbortSignal.abort(new DOMException('', 'TimeoutError')) })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
});
