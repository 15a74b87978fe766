"""The WebAssembly host: Prisma's modules run in wasmtime, inside the Python process."""
