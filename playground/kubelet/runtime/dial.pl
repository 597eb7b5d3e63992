#!/usr/bin/perl
# Connects to a port of the loopback (IPv4, then IPv6) and copies it to standard input and output; says "ok" on standard error.
use strict;
use warnings;
use Socket qw(:all);

my $port = $ARGV[0];
my $socket;
for my $address ([AF_INET, pack_sockaddr_in($port, INADDR_LOOPBACK)], [AF_INET6, pack_sockaddr_in6($port, IN6ADDR_LOOPBACK)]) {
  socket($socket, $address->[0], SOCK_STREAM, 0) or next;
  last if connect($socket, $address->[1]);
  undef $socket;
}
unless ($socket) { print STDERR "dial tcp 127.0.0.1:$port: connect: connection refused\n"; exit 1 }
syswrite(STDERR, "ok\n");

my %open = (in => 1, out => 1);
while ($open{out} || $open{in}) {
  my $bits = '';
  vec($bits, fileno($socket), 1) = 1 if $open{out};
  vec($bits, 0, 1) = 1 if $open{in};
  select($bits, undef, undef, undef);
  if ($open{out} && vec($bits, fileno($socket), 1)) {
    my $n = sysread($socket, my $chunk, 65536);
    if ($n) { put(*STDOUT, $chunk) or last }
    else { $open{out} = 0; close(STDOUT); last unless $open{in} }
  }
  if ($open{in} && vec($bits, 0, 1)) {
    my $n = sysread(STDIN, my $chunk, 65536);
    if ($n) { put($socket, $chunk) or last }
    else { $open{in} = 0; shutdown($socket, SHUT_WR) }
  }
}

sub put {
  my ($handle, $chunk) = @_;
  while (length $chunk) {
    my $n = syswrite($handle, $chunk);
    return 0 unless defined $n;
    substr($chunk, 0, $n) = '';
  }
  return 1;
}
