"""Operations as one SQL statement whose result is the finished JSON: see docs/compiler.md."""
