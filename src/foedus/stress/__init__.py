"""The alliance stress test: every client and patron of a year, measured by one program under the same random numbers.

The numbers differ from pair to pair, the program does not: it is compiled once. Draw i of a number is the same point of its prior
for every pair, and the one that a scenario written for the pair would draw, so that ranks compare like with like.
"""
