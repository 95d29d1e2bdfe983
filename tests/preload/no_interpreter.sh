echo started with $#
