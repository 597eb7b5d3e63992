#!/usr/bin/perl
# Joins conmon's attach socket (first argument: the container's bundle) with standard input, output and error.
# conmon speaks SOCK_SEQPACKET, which Node can't open. A packet begins with 2 (standard output) or 3 (standard error).
use strict;
use warnings;
use Socket qw(AF_UNIX SOCK_SEQPACKET SHUT_WR pack_sockaddr_un);

# The socket's full path may be longer than the 107 bytes of sockaddr_un.
chdir $ARGV[0] or die "chdir $ARGV[0]: $!";
socket(my $socket, AF_UNIX, SOCK_SEQPACKET, 0) or die "socket: $!";
connect($socket, pack_sockaddr_un("attach")) or die "connect: $!";

my $reading = 1;
while (1) {
  my $bits = '';
  vec($bits, fileno($socket), 1) = 1;
  vec($bits, 0, 1) = 1 if $reading;
  select($bits, undef, undef, undef);
  if (vec($bits, fileno($socket), 1)) {
    defined recv($socket, my $packet, 65536, 0) or last;
    last if length $packet == 0;
    put(ord($packet) == 3 ? *STDERR : *STDOUT, substr($packet, 1)) or last;
  }
  if ($reading && vec($bits, 0, 1)) {
    my $n = sysread(STDIN, my $chunk, 8192);
    if ($n) { defined send($socket, $chunk, 0) or last }
    else { $reading = 0; shutdown($socket, SHUT_WR) }
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
