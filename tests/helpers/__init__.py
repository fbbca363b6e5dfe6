"""What the tests share; README.md is its glossary."""
