/**
 * Three small bridges for what Node can't do itself: open a terminal, speak SOCK_SEQPACKET, connect inside another namespace.
 * Perl, because perl-base is essential in Debian: nothing has to be built or installed. Run as `perl -e <text> -- <arguments>`.
 */

/** Runs a command on a new pseudo-terminal and copies it to standard input and output; fd 3 takes "<rows> <columns>" lines. Node can't open terminals; perl-base is essential in Debian, so nothing has to be built or installed. */
export const PTY_BRIDGE = String.raw`
use strict;
use warnings;
use POSIX ();

use constant { TIOCSPTLCK => 0x40045431, TIOCGPTN => 0x80045430, TIOCSWINSZ => 0x5414, TIOCSCTTY => 0x540E };

sysopen(my $master, "/dev/ptmx", POSIX::O_RDWR | POSIX::O_NOCTTY) or die "open /dev/ptmx: $!";
my $value = pack("i", 0);
ioctl($master, TIOCSPTLCK, $value) or die "unlock terminal: $!";
ioctl($master, TIOCGPTN, $value) or die "find terminal: $!";
my $name = "/dev/pts/" . unpack("i", $value);

my $pid = fork();
die "fork: $!" unless defined $pid;
if ($pid == 0) {
  POSIX::setsid();
  sysopen(my $slave, $name, POSIX::O_RDWR) or die "open $name: $!";
  my $zero = 0;
  ioctl($slave, TIOCSCTTY, $zero);
  POSIX::dup2(fileno($slave), $_) for 0 .. 2;
  POSIX::close($_) for 3 .. 9;
  exec @ARGV or die "exec $ARGV[0]: $!";
}

open(my $control, "<&=", 3) or die "open fd 3: $!";
my %open = (input => 1, control => 1);
while (1) {
  my $bits = '';
  vec($bits, fileno($master), 1) = 1;
  vec($bits, 0, 1) = 1 if $open{input};
  vec($bits, 3, 1) = 1 if $open{control};
  select($bits, undef, undef, undef);
  if (vec($bits, fileno($master), 1)) {
    my $n = sysread($master, my $chunk, 65536);
    last unless $n;
    put(*STDOUT, $chunk) or last;
  }
  if ($open{input} && vec($bits, 0, 1)) {
    my $n = sysread(STDIN, my $chunk, 65536);
    if ($n) { put($master, $chunk) }
    # An end of input is the terminal's end-of-file character, as a person would type it.
    else { $open{input} = 0; put($master, "\x04") }
  }
  if ($open{control} && vec($bits, 3, 1)) {
    my $n = sysread($control, my $chunk, 4096);
    if (!$n) { $open{control} = 0 }
    elsif ($chunk =~ /(\d+) (\d+)\s*$/) {
      my $size = pack("S4", $1, $2, 0, 0);
      ioctl($master, TIOCSWINSZ, $size);
      kill 'WINCH', $pid;
    }
  }
}
waitpid($pid, 0);
exit($? & 127 ? 128 + ($? & 127) : $? >> 8);

sub put {
  my ($handle, $chunk) = @_;
  while (length $chunk) {
    my $n = syswrite($handle, $chunk);
    return 0 unless defined $n;
    substr($chunk, 0, $n) = '';
  }
  return 1;
}
`;

/** Joins conmon's attach socket (first argument: the container's bundle) with standard input, output and error. conmon speaks SOCK_SEQPACKET, which Node can't open. A packet begins with 2 (standard output) or 3 (standard error). */
export const ATTACH_BRIDGE = `
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
`;

/** Connects to a port of the loopback (IPv4, then IPv6) and copies it to standard input and output; says "ok" on standard error. */
export const DIAL = String.raw`
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
`;
