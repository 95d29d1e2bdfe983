#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Started through a descriptor: the shell gets to read it only if that descriptor arrives.
echo script "$@"
