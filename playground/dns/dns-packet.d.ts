/** The package ships no declarations; this is what packet.ts uses. */
declare module "dns-packet" {
  const packet: {
    decode(bytes: Uint8Array): unknown;
    encode(message: unknown): Buffer;
  };
  // biome-ignore lint/style/noDefaultExport: the package is CommonJS.
  export default packet;
}
